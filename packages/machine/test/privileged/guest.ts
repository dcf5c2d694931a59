import { fileURLToPath } from "node:url";
import type { CaseGuest } from "../../../../test/case-guest.ts";

/** Executes privileged instructions, and prints a line for each case. */
export const PRIVILEGED: CaseGuest = {
  image: fileURLToPath(new URL("privileged.elf", import.meta.url)),
  model: "icelake-server",
  line: /^\d+( |$)/,
};
/** QEMU's time for the cases. */
export const QEMU_MILLISECONDS = 4_000;
