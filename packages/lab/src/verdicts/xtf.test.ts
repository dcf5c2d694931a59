import { expect, test } from "vitest";
import { parseVerdicts } from "./parse-verdicts.ts";
import type { RunEnd } from "./suite-output.ts";

const HALTED: RunEnd = { exitCode: null, text: "halted at level 1", truncated: false };
const HEAD = "--- Xen Test Framework ---\nEnvironment: HVM 64bit (Long mode 4 levels)\n";

function shown(serial: string): string[] {
  return parseVerdicts(serial, HALTED).verdicts.map(({ id, value, status }) => `${id} = ${value} (${status})`);
}

const END = "(xtf) = HVM 64bit (Long mode 4 levels) (undefined)";

test.each([
  ["SUCCESS", "pass"],
  ["SKIP", "skip"],
  ["ERROR", "fail"],
  ["FAILURE", "fail"],
  ["CRASH", "fail"],
])("Test result: %s is a %s of the test that the title names", (word, status) => {
  expect(shown(`${HEAD}Test nested VMX\nTest result: ${word}\n`)).toEqual([
    `Test nested VMX = ${word} (${status})`,
    END,
  ]);
});

test("each complaint is a result, and success is only said", () => {
  const serial = `${HEAD}Nested VMX\nError: vmxon(): fault, got #GP[0]\nFail: expected VMfailInvalid\nSkip: no EPT\nSuccess: fine\nTest result: FAILURE\n`;
  expect(shown(serial)).toEqual([
    "vmxon(): fault, got #GP[0] = Error (fail)",
    "expected VMfailInvalid = Fail (fail)",
    "no EPT = Skip (skip)",
    "fine = Success (undefined)",
    "Nested VMX = FAILURE (fail)",
    END,
  ]);
});

test("behind Xen's console", () => {
  const serial =
    "(d6) [   12.345678] --- Xen Test Framework ---\n(d6) Environment: PV 64bit\n(d6) Hello World\n(d6) Test result: SUCCESS\n";
  expect(shown(serial)[0]).toBe("Hello World = SUCCESS (pass)");
});

test("without a result it crashed, and why is said", () => {
  const panic = "PANIC: Unhandled exception at 0008:0000000000103fd8\n";
  const { verdicts, suites } = parseVerdicts(`${HEAD}XSA-195 PoC\n******\n${panic}******\n`, HALTED);
  expect(verdicts.map(({ id, value }) => `${id} = ${value}`)).toEqual([
    "Unhandled exception at 0008:0000000000103fd8 = PANIC",
    "XSA-195 PoC = CRASH",
    '(xtf) = HVM 64bit (Long mode 4 levels); no "Test result" (halted at level 1)',
  ]);
  expect(suites[0]).toMatchObject({ failed: 3, complete: false });
});

test("the panic after the result only says that no Xen is there to end the domain", () => {
  const serial = `${HEAD}Test\nTest result: SUCCESS\n***\nPANIC: xtf_exit(): hypercall_shutdown(SHUTDOWN_poweroff) returned\n`;
  expect(parseVerdicts(serial, HALTED).suites[0]).toMatchObject({ passed: 1, failed: 0, complete: true });
});

test("several formats in one output keep their order", () => {
  const serial = `verdict vmx = offered\n${HEAD}T\nTest result: SUCCESS\nPASS: a\nSUMMARY: 1 tests\n`;
  const { verdicts, suites } = parseVerdicts(serial, { ...HALTED, exitCode: 0 });
  expect(verdicts.map(({ id }) => id)).toEqual(["vmx", "T", "(xtf)", "a", "(kvm-unit-tests)"]);
  expect(suites.map(({ format }) => format)).toEqual(["kvm-unit-tests", "xtf"]);
});
