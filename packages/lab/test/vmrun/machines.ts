import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findCpuModel } from "@hvdiff/cpu";
import { createMetal, guestOutput } from "@hvdiff/machine";

const IMAGE = fileURLToPath(new URL("vmcb-cases.elf", import.meta.url));
const MIB = 0x100000;

/** The lines of what the guest printed that are of cases: number, EXITCODE, EXITINFO1, EXITINFO2. */
function caseLines(serial: string): string[] {
  return serial.split(/\r?\n/).filter((line) => /^\d+ 0x/.test(line));
}

/** What the guest prints on simulated silicon. */
export function linesOnMetal(module: Uint8Array): string[] {
  const machine = createMetal({
    image: new Uint8Array(readFileSync(IMAGE)),
    modules: [{ commandLine: "cases", data: module }],
    model: findCpuModel("zen2")!,
    memory: 64 * MIB,
    firmware: "seabios",
    bounds: { instructions: 100_000_000, events: 1, memory: 64 * MIB },
    recordTrace: false,
  });
  const outcome = machine.run();
  const lines = caseLines(guestOutput(machine.pc!).serial);
  return outcome.kind === "exit" ? lines : [...lines, `ended with ${JSON.stringify(outcome)}`];
}

/** What the guest prints under QEMU TCG. */
export function linesUnderQemu(module: Uint8Array): string[] {
  const directory = mkdtempSync(join(tmpdir(), "vmcb-cases-"));
  const cases = join(directory, "cases.bin");
  writeFileSync(cases, module);
  const options = ["-accel", "tcg", "-cpu", "max,+svm", "-m", "64", "-display", "none", "-nodefaults", "-no-reboot"];
  const devices = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-serial", "stdio"];
  const result = spawnSync("qemu-system-x86_64", [...options, ...devices, "-kernel", IMAGE, "-initrd", cases], {
    encoding: "utf8",
    timeout: 60_000,
    maxBuffer: 1 << 26,
  });
  rmSync(directory, { recursive: true });
  if (result.error) return [...caseLines(result.stdout ?? ""), `ended with ${result.error.message}`];
  return caseLines(result.stdout);
}
