import { expect, test } from "vitest";
import { createLab } from "../src/index.ts";

const lab = createLab();

/** Event and instruction, as the page shows them side by side. */
function shown(scenario: string, column: string): { kind: string; text: string }[] {
  const { places, events } = lab.code({ scenario }, column);
  const { rows } = lab.compare({ scenario }, column, column);
  return rows.flatMap(({ left }, index) => {
    const place = places[events[index] ?? -1];
    return left === null || place === undefined ? [] : [{ kind: left.kind, text: place.text }];
  });
}

const BEGINS: Readonly<Record<string, RegExp>> = {
  cpuid: /^cpuid$/,
  rdmsr: /^rdmsr$/,
  wrmsr: /^wrmsr$/,
  vmread: /^vmread /,
  vmwrite: /^vmwrite /,
  serial: /^(?:rep )?outs?b?( |$)/,
  vmx: /^(?:vmxon|vmxoff|vmclear|vmptrld|vmptrst|vmcall|invept|invvpid|vmlaunch|vmresume)/,
};

test.each([
  ["xsaves-control", "metal"],
  ["xsaves-control", "ideal"],
  ["xsaves-control", "kvm@6.1+qemu@8.2"],
  ["svm-instructions", "metal"],
  ["svm-instructions", "ideal"],
])("%s on %s: each event stands beside the instruction that made it", (scenario, column) => {
  const rows = shown(scenario, column);
  expect(rows.length).toBeGreaterThan(5);
  const wrong = rows.filter(({ kind, text }) => BEGINS[kind]?.test(text) === false);
  expect(wrong).toEqual([]);
});

test("looking changes nothing, and a stack is refused by name", () => {
  const scenario = "xsaves-control";
  const { events } = lab.code({ scenario }, "ideal");
  expect(events.length).toBe(lab.compare({ scenario }, "ideal", "ideal").rows.length);
  expect(() => lab.code({ scenario }, "ideal//ideal")).toThrow(/a stack of hypervisors does not show/);
});
