import type { ColumnResult, DiffResult, Lab } from "@hvdiff/lab";
import { describe, expect, test } from "vitest";
import { createFakeLab } from "./fake-lab.ts";
import { type Ran, runForTest } from "./run-for-test.ts";

/** A test suite's output as the lab reads it. */
const SUITE: Pick<ColumnResult, "verdicts" | "suites" | "outcome" | "serial"> = {
  serial: "PASS: or\nFAIL: #SS(0), got <#GP> & \u001b\n",
  outcome: { kind: "exit", text: "exit 1" },
  verdicts: [
    { id: "vmx", value: "offered" },
    { id: "or", value: "PASS", status: "pass" },
    { id: 'should "#SS(0)", got <#GP> & \u001b', value: "FAIL", status: "fail" },
    { id: "MOVBE", value: "SKIP", status: "skip" },
    { id: "known", value: "XFAIL", status: "expected-failure" },
    { id: "known#2", value: "XPASS", status: "unexpected-pass" },
    { id: "(kvm-unit-tests)", value: "no SUMMARY; the output ends before the tests did", status: "fail" },
  ],
  suites: [
    {
      format: "kvm-unit-tests",
      passed: 1,
      failed: 3,
      skipped: 1,
      expectedFailures: 1,
      complete: false,
      problems: ["the output ends before the tests did"],
    },
  ],
};

function suiteLab(): Lab {
  const lab = createFakeLab();
  const suite = (result: DiffResult): DiffResult => ({
    ...result,
    columns: result.columns.map((column) => ({ ...column, ...SUITE })),
  });
  return { ...lab, diff: (...args) => suite(lab.diff(...args)), run: (...args) => suite(lab.run(...args)) };
}

function ran(line: string, lab: Lab = createFakeLab()): Promise<Ran> {
  return runForTest(line.split(" "), { createLab: async () => lab });
}

test("a run as TAP: every verdict is a test", async () => {
  const { code, stdout, stderr } = await ran("run capabilities --format tap", suiteLab());
  expect(code).toBe(1);
  expect(stdout).toMatchInlineSnapshot(`
    "TAP version 13
    # capabilities on metal
    1..8
    ok 1 - vmx
    ok 2 - or
    not ok 3 - should "\\#SS(0)", got <\\#GP> & \\\\x1b
      ---
      "value": "FAIL"
      ...
    ok 4 - MOVBE # SKIP
    not ok 5 - known # TODO expected failure
    not ok 6 - known\\#2
      ---
      "value": "XPASS"
      ...
    not ok 7 - (kvm-unit-tests)
      ---
      "value": "no SUMMARY; the output ends before the tests did"
      ...
    ok 8 - (outcome)
    "
  `);
  expect(stderr).toMatchInlineSnapshot(`
    "metal: exit 1
    kvm-unit-tests: 1 passed, 3 failed, 1 skipped, 1 expected failure; the output ends before the tests did
    "
  `);
});

test("a run as JUnit", async () => {
  const { stdout } = await ran("run capabilities --format junit", suiteLab());
  expect(stdout).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="hvdiff" tests="8" failures="3">
      <testsuite name="capabilities on metal" tests="8" failures="3" errors="0" skipped="2">
        <testcase classname="capabilities.metal" name="vmx"><system-out>offered</system-out></testcase>
        <testcase classname="capabilities.metal" name="or"><system-out>PASS</system-out></testcase>
        <testcase classname="capabilities.metal" name="should &quot;#SS(0)&quot;, got &lt;#GP&gt; &amp; \\x1b"><failure message="FAIL"></failure></testcase>
        <testcase classname="capabilities.metal" name="MOVBE"><skipped message="SKIP"/></testcase>
        <testcase classname="capabilities.metal" name="known"><skipped message="expected failure"/></testcase>
        <testcase classname="capabilities.metal" name="known#2"><failure message="XPASS"></failure></testcase>
        <testcase classname="capabilities.metal" name="(kvm-unit-tests)"><failure message="no SUMMARY; the output ends before the tests did"></failure></testcase>
        <testcase classname="capabilities.metal" name="(outcome)"><system-out>exit 1</system-out></testcase>
        <system-out>PASS: or
    FAIL: #SS(0), got &lt;#GP&gt; &amp; \\x1b
    </system-out>
      </testsuite>
    </testsuites>
    "
  `);
});

test("a run that was cut short is a failed test", async () => {
  const lab = createFakeLab();
  const where = { level: 2, vcpu: 0, rip: "0x1000", bytes: "f4" };
  const halted: Lab = {
    ...lab,
    run: (...args) => {
      const result = lab.run(...args);
      const outcome = { kind: "halted", text: "halted at level 2, rip 0x1000 [f4]", where };
      return { ...result, columns: result.columns.map((column) => ({ ...column, outcome })) };
    },
  };
  const { code, stdout } = await ran("run capabilities --format tap", halted);
  expect(code).toBe(124);
  expect(stdout).toContain('not ok 5 - (outcome)\n  ---\n  "value": "halted at level 2, rip 0x1000 [f4]"\n');
});

describe("a comparison", () => {
  test("as TAP: each column agrees with the first, or says why not", async () => {
    const { code, stdout } = await ran("diff xsaves-control --format tap");
    expect(code).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "TAP version 13
      # xsaves-control, compared with metal
      1..18
      ok 1 - ideal: (outcome)
      ok 2 - ideal: vmx
      ok 3 - ideal: l1
      ok 4 - ideal: probe-a
      ok 5 - ideal: probe-b
      ok 6 - ideal: (trace)
      ok 7 - kvm@6.1/nested=1+qemu@8.2/host-model: (outcome)
      ok 8 - kvm@6.1/nested=1+qemu@8.2/host-model: vmx
      ok 9 - kvm@6.1/nested=1+qemu@8.2/host-model: l1
      not ok 10 - kvm@6.1/nested=1+qemu@8.2/host-model: probe-a
        ---
        "value": "#UD in L2 at 0x101234"
        "metal": "completed"
        "cause": "qemu/vmx/named-model-omits-xsaves"
        ...
      not ok 11 - kvm@6.1/nested=1+qemu@8.2/host-model: probe-b
        ---
        "value": "#UD in L2 at 0x101234"
        "metal": "completed"
        "cause": "qemu/vmx/named-model-omits-xsaves"
        ...
      not ok 12 - kvm@6.1/nested=1+qemu@8.2/host-model: (trace)
        ---
        "value": "L1 rdmsr 0x48b -> 0x000378ef00000000"
        "metal": "L1 rdmsr 0x48b -> 0x001f7cff00000000"
        "row": "7"
        "cause": "qemu/vmx/named-model-omits-xsaves"
        ...
      ok 13 - vmware@17: (outcome)
      ok 14 - vmware@17: vmx
      ok 15 - vmware@17: l1
      not ok 16 - vmware@17: probe-a
        ---
        "value": "not offered"
        "metal": "completed"
        "cause": "vmware/cpuid/leaf-0d (reported)"
        ...
      ok 17 - vmware@17: probe-b
      not ok 18 - vmware@17: (trace)
        ---
        "value": "L1 rdmsr 0x48b -> 0x000378ef00000000"
        "metal": "L1 rdmsr 0x48b -> 0x001f7cff00000000"
        "row": "7"
        "cause": "vmware/cpuid/leaf-0d (reported)"
        ...
      "
    `);
  });

  test("as JUnit: a suite for each column", async () => {
    const { stdout } = await ran("diff xsaves-control --format junit --on metal,ideal,kvm@6.1");
    expect(stdout).toContain('<testsuites name="hvdiff" tests="12" failures="3">');
    expect(stdout).toContain(
      '<testsuite name="xsaves-control on ideal" tests="6" failures="0" errors="0" skipped="0">',
    );
    expect(stdout).toContain("cause: qemu/vmx/named-model-omits-xsaves</failure>");
  });

  test("of equal columns has no failure", async () => {
    const { code, stdout } = await ran("diff xsaves-control --on metal,ideal --format tap");
    expect(code).toBe(0);
    expect(stdout).not.toContain("not ok");
  });
});

test("a command without tests has no such format", async () => {
  const { code, stderr } = await ran("caps kvm@6.1 --format tap");
  expect(code).toBe(2);
  expect(stderr).toMatch(/^hvdiff: --format: "tap" is not one of table, json, jsonl, md/);
});
