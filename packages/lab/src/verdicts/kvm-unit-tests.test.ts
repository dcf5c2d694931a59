import { describe, expect, test } from "vitest";
import { parseVerdicts } from "./parse-verdicts.ts";
import type { RunEnd } from "./suite-output.ts";

const BOOT = "enabling apic\nenabling apic\nsetup: CPU 1 online\nsmp: waiting for 1 APs\n";
const HALTED: RunEnd = { exitCode: null, text: "halted at level 1", truncated: false };

function exited(exitCode: number): RunEnd {
  return { exitCode, text: `exit ${exitCode}`, truncated: false };
}

/** Verdicts as `id = value (status)`, without the one for the suite. */
function listed(serial: string, end: RunEnd): string[] {
  return parseVerdicts(serial, end)
    .verdicts.filter(({ id }) => id !== "(kvm-unit-tests)")
    .map(({ id, value, status }) => `${id} = ${value}${status === undefined ? "" : ` (${status})`}`);
}

function suite(serial: string, end: RunEnd) {
  return parseVerdicts(serial, end).suites[0];
}

describe("results", () => {
  test.each([
    ["a pass", "PASS: IPI to each CPU\r\n", ["IPI to each CPU = PASS (pass)"]],
    ["a failure", "FAIL: non-canonical rsp", ["non-canonical rsp = FAIL (fail)"]],
    ["a skip", "SKIP: x2apic not detected", ["x2apic not detected = SKIP (skip)"]],
    ["an expected failure", "XFAIL: known", ["known = XFAIL (expected-failure)"]],
    ["a known failure", "KFAIL: known", ["known = KFAIL (expected-failure)"]],
    ["an unexpected pass", "XPASS: known", ["known = XPASS (unexpected-pass)"]],
    ["prefixes belong to the name", "PASS: vmx: ept: A/D", ["vmx: ept: A/D = PASS (pass)"]],
    ["an old test without names (rmap_chain)", "instantiated mappings\nPASS", ["(unnamed) = PASS (pass)"]],
    ["information is no result", "PASS: x\nINFO: host: FAIL: is a word", ["x = PASS (pass)"]],
    ["words that end like results", "PASS: x\nBYPASS: y", ["x = PASS (pass)"]],
    ["the same name again", "PASS: mov\nFAIL: mov", ["mov = PASS (pass)", "mov#2 = FAIL (fail)"]],
    [
      "suites of vmx.flat",
      "PASS: loading\n\nTest suite: vmenter\nPASS: done\nTest suite: preemption timer\nPASS: done",
      ["loading = PASS (pass)", "vmenter: done = PASS (pass)", "preemption timer: done = PASS (pass)"],
    ],
    [
      "page table entries that behave otherwise",
      "test pte.nx pte.p pde.p: FAIL: error code 8 expected 9\nDump mapping: address: 0xffff923400000000",
      ["pte.nx pte.p pde.p = FAIL: error code 8 expected 9 (fail)"],
    ],
    [
      "another processor's text before, without a line end",
      "PASS: a\nipi called, cpu 1PASS: b\nsetup: CPU 1 onlineFAIL: c",
      ["a = PASS (pass)", "b = PASS (pass)", "c = FAIL (fail)"],
    ],
    ["two results in a line", "PASS: PASS: a\nb", ["(unnamed) = PASS (pass)", "a = PASS (pass)"]],
  ])("%s", (_what, serial, expected) => {
    expect(listed(serial, exited(0))).toEqual(expected);
  });

  test("thousands of one name keep apart", () => {
    const ids = parseVerdicts("PASS: pte\n".repeat(5000), exited(0)).verdicts.map(({ id }) => id);
    expect(new Set(ids).size).toBe(5001);
    expect(ids[4999]).toBe("pte#5000");
  });
});

describe("why a run was given up", () => {
  test.each([
    [
      "an exception that nobody took (emulator on QEMU TCG)",
      "PASS: or\nUnhandled exception 13 #GP(0) at ip aaaaaaaaaaaaaaaa\nerror_code=0000      rflags=00000006",
      ["or = PASS (pass)", "unhandled exception = 13 #GP(0) at ip aaaaaaaaaaaaaaaa (fail)"],
    ],
    [
      "an assertion (apic on QEMU TCG)",
      `${BOOT}x86/apic.c:942: assert failed: is_apic_hw_enabled() && is_apic_sw_enabled(): APIC should be enabled`,
      ["assertion at x86/apic.c:942 = is_apic_hw_enabled() && is_apic_sw_enabled(): APIC should be enabled (fail)"],
    ],
    [
      "ABORT",
      "ABORT: hyperv: number cpus exceeds 4\nSUMMARY: 0 tests\n",
      ["hyperv: number cpus exceeds 4 = ABORT (fail)"],
    ],
  ])("%s", (_what, serial, expected) => {
    expect(listed(serial, exited(63))).toEqual(expected);
    expect(suite(serial, exited(63))).toMatchObject({ failed: 1, problems: [] });
  });
});

describe("the suite as a whole", () => {
  test("a run to the end (umip, hyperv_synic on QEMU TCG)", () => {
    const serial = `${BOOT}PASS: no exception from smsw\nSKIP: Hyper-V SynIC is not supported\nSUMMARY: 2 tests, 1 skipped\n`;
    expect(suite(serial, exited(0))).toEqual({
      format: "kvm-unit-tests",
      passed: 1,
      failed: 0,
      skipped: 1,
      expectedFailures: 0,
      complete: true,
      problems: [],
    });
    expect(parseVerdicts(serial, exited(0)).verdicts.at(-1)).toEqual({
      id: "(kvm-unit-tests)",
      value: "2 tests, 1 skipped",
    });
  });

  test.each<[string, string, RunEnd, string[]]>([
    ["failures are failures, not problems", "FAIL: a\nSUMMARY: 1 tests, 1 unexpected failures", exited(1), []],
    ["an unexpected pass counts as announced", "XPASS: a\nSUMMARY: 1 tests, 1 unexpected failures", exited(1), []],
    ["nothing to test", "WARNING: vmx not supported\nSUMMARY: 0 tests", exited(38), []],
    ["tests without SUMMARY that leave with 0 (realmode)", "PASS: null\nPASS: shld", exited(0), []],
    ["no exit device", "PASS: a\nSUMMARY: 1 tests\n--- DONE: 0 ---", HALTED, []],
    ["results that were only counted", "SUMMARY: 386 tests", exited(0), []],
    ["cut off", "PASS: a\nPASS: b", HALTED, ["the output ends before the tests did (halted at level 1)"]],
    [
      "failures that were not printed",
      "FAIL: a\nSUMMARY: 9 tests, 3 unexpected failures",
      exited(1),
      ["3 unexpected failures are announced, 1 were printed"],
    ],
    ["aborted without a word", "PASS: a", exited(63), ["given up with exit code 63"]],
    ["a code without a failure", "PASS: a", exited(1), ["exit code 1, but no test says that it failed"]],
    [
      "too much output",
      "PASS: a\nSUMMARY: 1 tests",
      { ...exited(0), truncated: true },
      ["the output was cut: there was too much of it"],
    ],
  ])("%s", (_what, serial, end, problems) => {
    const result = parseVerdicts(serial, end);
    expect(result.suites[0]!.problems).toEqual(problems);
    expect(result.verdicts.at(-1)!.status).toBe(problems.length === 0 ? undefined : "fail");
  });

  test.each(["PASS\n", "hvdiff guest x\nverdict vmx = offered\n", "SKIP no VMX here\n", "", "setup: CPU 1 online"])(
    "%j is no output of kvm-unit-tests",
    (serial) => {
      expect(parseVerdicts(serial, HALTED).suites).toEqual([]);
    },
  );
});
