import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { DebugTarget } from "@hvdiff/lab";
import { describe, expect, test } from "vitest";
import { serveGdb } from "../../src/gdb/gdb-server.ts";
import { debugged, L2_READS, WINDOW } from "./target.ts";

const hasGdb = spawnSync("gdb", ["--version"]).status === 0;
if (!hasGdb) console.warn("gdb is not installed: the tests that drive it are skipped");

const AT = `*0x${L2_READS.toString(16)}`;
const SHOWN = `0x${WINDOW.toString(16)}`;

interface Driven {
  /** What GDB printed, the results of its commands and of the guest's side, line by line. */
  readonly printed: readonly string[];
  /** What it printed apart: errors, and answers of monitor commands. */
  readonly apart: string;
  /** The guest came to its end by itself. */
  readonly ended: boolean;
}

/** Runs the real GDB, which connects to an address and does these commands. */
async function runGdb(address: string, commands: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const all = ["set pagination off", `target remote ${address}`, ...commands];
  const gdb = spawn("gdb", ["-nx", "-batch", ...all.flatMap((command) => ["-ex", command])]);
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    gdb[stream].setEncoding("utf8").on("data", (text: string) => {
      output[stream] += text;
    });
  await once(gdb, "close");
  return output;
}

/** Lets the real GDB do these commands with a guest that stands at its start. */
async function drive(target: DebugTarget, commands: readonly string[]): Promise<Driven> {
  let gdb: ReturnType<typeof runGdb> | undefined;
  const ended = await serveGdb(target, {
    port: 0,
    stopped: true,
    onProgress: () => {},
    onListening: (address) => {
      gdb = runGdb(address, commands);
    },
  });
  const { stdout, stderr } = await gdb!;
  return { printed: stdout.split("\n").map((line) => line.trim()), apart: stderr, ended };
}

describe.skipIf(!hasGdb).each(["metal", "kvm@6.1"])("the real gdb on %s", (column) => {
  test("breaks in L2, reads through its page tables, steps, goes on, detaches", async () => {
    const target = debugged(column);
    const { printed, apart, ended } = await drive(target, [
      "info registers rip cr0",
      "monitor level",
      `break ${AT}`,
      "continue",
      "info threads",
      "monitor level",
      "x/2i $pc",
      "p/x $rdi",
      `x/gx ${SHOWN}`,
      `x/gx ${SHOWN}+0x2000`,
      "stepi",
      "p/x $rax",
      "p $eflags",
      "p $xmm0.uint128",
      "stepi",
      "info threads",
      "monitor level",
      `x/gx ${SHOWN}`,
      "continue",
      "detach",
    ]);
    const stopped = `0x${L2_READS.toString(16).padStart(16, "0")} in ?? ()`;
    expect(printed.filter((line) => !line.startsWith("Id ") && line !== "")).toEqual([
      "0x0000000000101377 in ?? ()",
      "rip            0x101377            0x101377",
      "cr0            0x11                17",
      `Breakpoint 1 at ${AT.slice(1)}`,
      `Breakpoint 1, ${stopped}`,
      `* 1    Thread 1 "vCPU 0 [L2]" ${stopped}`,
      `=> ${AT.slice(1)}:\tmov    (%rdi),%rax`,
      expect.stringMatching(/vmcall$/),
      `$1 = ${SHOWN}`,
      `${SHOWN}:\t0xaaaaaaaa00000001`,
      // What follows is said apart: there is nothing.
      expect.stringMatching(/^0x40002000:\t0x0000000000[0-9a-f]{6} in \?\? \(\)$/),
      "$2 = 0xaaaaaaaa00000001",
      expect.stringMatching(/^\$3 = \[.*\]$/),
      "$4 = 0",
      expect.stringMatching(/^0x0000000000[0-9a-f]{6} in \?\? \(\)$/),
      expect.stringMatching(/^\* 1 {4}Thread 1 "vCPU 0 \[L1\]"/),
      `${SHOWN}:\t0xffffffffffffffff`,
      `Breakpoint 1, ${stopped}`,
      "[Inferior 1 (Remote target) detached]",
    ]);
    expect(apart).toContain("Cannot access memory at address 0x40002000");
    expect(apart.match(/^vCPU 0: .*$/gm)).toEqual([
      "vCPU 0: L1, not in VMX operation",
      expect.stringMatching(/^vCPU 0: L2, VMX non-root, VMCS 0x[0-9a-f]+$/),
      expect.stringMatching(/^vCPU 0: L1, VMX root, VMCS 0x[0-9a-f]+$/),
    ]);
    expect(ended).toBe(true);
    expect(target.outcome).toEqual({ kind: "exit", code: 0 });
    expect(target.serial).toContain("verdict leaf-4k.read = 0xaaaaaaaa00000001");
  });

  test("is told of the guest's end", async () => {
    const target = debugged(column);
    const { printed, apart } = await drive(target, ["continue", "info threads"]);
    expect(apart).toContain("hvdiff: the run has ended: exit 0");
    expect(printed).toContain("[Inferior 1 (Remote target) exited normally]");
  });

  test("kills the guest", async () => {
    const target = debugged(column);
    const { ended } = await drive(target, ["kill"]);
    expect(ended).toBe(false);
    expect(target.outcome).toBeNull();
  });
});
