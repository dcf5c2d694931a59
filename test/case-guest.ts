import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCpuModel } from "../packages/cpu/src/index.ts";
import { createMetal, guestOutput } from "../packages/machine/src/index.ts";

const MIB = 0x100000;
const MEMORY = 64;

/** A guest that executes the cases of its module and prints a line for each. */
export interface CaseGuest {
  /** Path of its image. */
  readonly image: string;
  /** CPU model of the simulated silicon. */
  readonly model: string;
  /** Lines like this are of cases. */
  readonly line: RegExp;
  /** QEMU's model that has what it needs. */
  readonly qemuModel?: string;
}

export function caseLines({ line }: CaseGuest, serial: string): string[] {
  return serial.split(/\r?\n/).filter((text) => line.test(text));
}

/** What the guest prints on simulated silicon. */
export function linesOnMetal(guest: CaseGuest, module: Uint8Array): string[] {
  const machine = createMetal({
    image: new Uint8Array(readFileSync(guest.image)),
    modules: [{ commandLine: "cases", data: module }],
    model: findCpuModel(guest.model)!,
    memory: MEMORY * MIB,
    firmware: "seabios",
    bounds: { instructions: 100_000_000, events: 1_000_000, memory: MEMORY * MIB },
    recordTrace: false,
  });
  const outcome = machine.run();
  const lines = caseLines(guest, guestOutput(machine.pc!).serial);
  return outcome.kind === "exit" ? lines : [...lines, `ended with ${JSON.stringify(outcome)}`];
}

/** What the guest prints under QEMU TCG. */
export function linesUnderQemu(guest: CaseGuest, module: Uint8Array, milliseconds: number): string[] {
  const directory = mkdtempSync(join(tmpdir(), "cases-"));
  const cases = join(directory, "cases.bin");
  writeFileSync(cases, module);
  const processor = ["-accel", "tcg", "-cpu", guest.qemuModel ?? "max", "-m", `${MEMORY}`];
  const devices = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-serial", "stdio"];
  const rest = ["-display", "none", "-nodefaults", "-no-reboot", "-kernel", guest.image, "-initrd", cases];
  const result = spawnSync("qemu-system-x86_64", [...processor, ...devices, ...rest], {
    encoding: "utf8",
    timeout: milliseconds,
    maxBuffer: 1 << 26,
  });
  rmSync(directory, { recursive: true });
  if (result.error) return [...caseLines(guest, result.stdout ?? ""), `ended with ${result.error.message}`];
  return caseLines(guest, result.stdout);
}
