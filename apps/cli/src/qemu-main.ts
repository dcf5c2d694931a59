import { runQemu } from "./qemu/emulate.ts";
import { runMain } from "./run-main.ts";

await runMain(runQemu, { name: "hvdiff-qemu", trouble: 1 });
