import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunOptions } from "@hvdiff/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Environment } from "../src/environment.ts";
import { runQemu } from "../src/qemu/emulate.ts";
import { qemuEnd } from "../src/qemu/exit-status.ts";
import { createFakeLab } from "./fake-lab.ts";
import { runForTest } from "./run-for-test.ts";

let folder = "";
let kernel = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hvdiff-shim-"));
  kernel = join(folder, "kernel.flat");
  writeFileSync(kernel, "image");
  writeFileSync(join(folder, "env"), "KEY=value\n");
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the shim against a lab that remembers what it was asked for. */
async function shim(argv: readonly string[], outcome = "exit 0", changes: Partial<Environment> = {}) {
  const asked: { column: string; options: RunOptions }[] = [];
  const lab = createFakeLab();
  const createLab = async () => ({
    ...lab,
    run: (...[guest, column, options, console]: Parameters<typeof lab.run>) => {
      asked.push({ column, options });
      console.serial("PASS: a\u00ff\n");
      console.debug("debug");
      const result = lab.diff(guest, [column], options);
      const kind = outcome.split(" ")[0]!;
      return { ...result, columns: [{ ...result.columns[0]!, outcome: { kind, text: outcome } }] };
    },
  });
  const ran = await runForTest(argv, { createLab, ...changes }, runQemu);
  return { ...ran, asked };
}

test("a guest's output goes to stdout byte for byte, and its code is QEMU's", async () => {
  const { code, stdout, stderr, asked } = await shim(["-kernel", kernel], "exit 5");
  expect({ code, stdout, stderr }).toEqual({ code: 11, stdout: "PASS: a\u00ff\n", stderr: "" });
  expect(asked).toMatchObject([{ column: "metal", options: { cpu: "max", memory: 128 << 20, maxInstructions: 50e9 } }]);
});

test("flags reach the run", async () => {
  const flags = `-smp 2 -m 1G -cpu max,-pcid -append x -initrd ${join(folder, "env")}`.split(" ");
  const { asked } = await shim(["-kernel", kernel, ...flags]);
  expect(asked[0]!.options).toMatchObject({ processors: 2, memory: 1 << 30, cpu: "max,-pcid", commandLine: "x" });
  const [module] = asked[0]!.options.modules!;
  expect([module!.commandLine, Buffer.from(module!.data).toString()]).toEqual([join(folder, "env"), "KEY=value\n"]);
});

test("serial and debug output can go to files", async () => {
  const [serial, debug] = [join(folder, "serial.log"), join(folder, "debug.log")];
  const { stdout } = await shim(["-kernel", kernel, "-serial", `file:${serial}`, "-debugcon", `file:${debug}`]);
  expect(stdout).toBe("");
  expect([readFileSync(serial, "latin1"), readFileSync(debug, "latin1")]).toEqual(["PASS: a\u00ff\n", "debug"]);
});

test("a reset and a triple fault boot the image again, unless -no-reboot is given", async () => {
  const restartsAfter = async (...flags: string[]) =>
    (await shim(["-kernel", kernel, ...flags])).asked[0]!.options.restartsAfter;
  expect(await restartsAfter()).toEqual(["reset", "triple-fault"]);
  expect(await restartsAfter("-no-reboot")).toEqual([]);
});

test("HVDIFF_ON runs the guest under an L0", async () => {
  const { asked } = await shim(["-kernel", kernel], "exit 0", { variables: { HVDIFF_ON: "kvm@6.1" } });
  expect(asked[0]!.column).toBe("kvm@6.1");
});

test.each([
  ["exit", "exit 0", 1],
  ["exit", "exit 1", 3],
  ["exit", "exit 38", 77],
  ["exit", "exit 128", 1],
  ["power-off", "power-off", 0],
  ["reset", "reset", 0],
  ["triple-fault", "triple-fault at level 1", 0],
  ["halted", "halted at level 1", 124],
  ["loop", "loop at level 1", 124],
  ["limit", "still running", 124],
  ["unimplemented", "unimplemented instruction", 1],
  ["memory-limit", "memory bound", 1],
])("the end %s (%s) has the status %i", (kind, text, status) => {
  expect(qemuEnd({ kind, text }).status).toBe(status);
});

test("whatever QEMU would not say is a warning", async () => {
  const { stderr } = await shim(["-kernel", kernel, "-enable-kvm"], "triple-fault at level 1");
  expect(stderr).toBe(
    "hvdiff-qemu: warning: -enable-kvm: every processor is simulated; there is no accelerator\nhvdiff-qemu: warning: triple-fault at level 1\n",
  );
});

test.each([
  [["-version"], /^QEMU emulator version 8\.2\.0 \(hvdiff /],
  [["-h"], /^QEMU emulator version 8\.2\.0 /],
  [["-device", "?"], /^name "pc-testdev", bus ISA/m],
  [["-cpu", "help"], /^ {2}max, host/m],
  [["-machine", "help"], /^pc /m],
  [["-accel", "help"], /^tcg$/m],
])("%j is answered without loading the lab", async (argv, answer) => {
  const createLab = () => Promise.reject(new Error("loaded"));
  const { code, stdout } = await shim(argv, "", { createLab });
  expect(stdout).toMatch(answer);
  expect(code).toBe(0);
});

test.each([
  [["-kernel", "_NO_FILE_"], "could not load kernel: _NO_FILE_: no such file or directory"],
  [[], "no -kernel: this PC boots images, not disks"],
  [["disk.img"], "disk.img: this PC has no disks; an image is booted with -kernel"],
  [
    ["-smp", "300", "-kernel", "x"],
    "Number of SMP CPUs requested (300) exceeds max CPUs supported by machine 'pc' (255)",
  ],
  [["-smp", "two"], '--smp: "two" is not a number of processors'],
  [["-initrd", "nowhere"], "nowhere: no such file or directory"],
  [["-serial", "file:/nowhere/log", "-kernel", "KERNEL"], "cannot write /nowhere/log: no such file or directory"],
])("%j: one line and QEMU's status for trouble", async (argv, message) => {
  const { code, stdout, stderr } = await shim(argv.map((argument) => (argument === "KERNEL" ? kernel : argument)));
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: `hvdiff-qemu: ${message}\n` });
});
