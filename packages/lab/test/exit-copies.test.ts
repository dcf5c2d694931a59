import { describe, expect, test } from "vitest";
import { createLab, type ExitCopiesResult, UsageError } from "../src/index.ts";

const lab = createLab();
const GUEST = { scenario: "plain-cpuid" };
/** Past the start, in which more is copied. */
const STEADY = 10;

/** Copies by what they go between, the counted ones marked; single fields that are written through left out. */
function copiesOf({ steps }: ExitCopiesResult): string[] {
  return steps.flatMap((step) =>
    step.kind === "copy" && step.fields > 1
      ? `L${step.level} ${step.from} > ${step.to}${step.deckCounts ? " *" : ""}`
      : [],
  );
}

const SAVED = "vmcs02 > vmcs12";
const MERGED = "L0 vmcs12 > vmcs02";
const FROM_SHADOW = "L0 shadow-vmcs01 > vmcs12 *";
const TO_SHADOW = "L0 vmcs12 > shadow-vmcs01 *";
const WRITTEN_BACK = "L0 vmcs12 > vmcs12-memory";
const READ = "L0 vmcs12-memory > vmcs12 *";

describe("what an exit of L3 makes be copied until L2 hears of it", () => {
  test("with emulated shadowing: VMPTRLD thrice, VMCLEAR once, each with the shadow VMCS of L0's", () => {
    const result = lab.exitCopies(GUEST, "kvm@4.20//kvm@4.20//kvm@4.20", STEADY);
    const made = copiesOf(result);
    const pointerLoad = [FROM_SHADOW, WRITTEN_BACK, READ, TO_SHADOW];
    expect(made).toEqual([
      `L0 ${SAVED}`,
      TO_SHADOW,
      `L1 ${SAVED}`,
      ...pointerLoad,
      "L1 vmcs12 > shadow-vmcs01",
      ...pointerLoad,
      FROM_SHADOW,
      WRITTEN_BACK,
      READ,
      TO_SHADOW,
      FROM_SHADOW,
      MERGED,
      "L0 shadow-vmcs12-memory > shadow-vmcs12 *",
    ]);
    expect(result.copiesDeck).toBe(12);
    const exits = result.steps.flatMap((step) => (step.kind === "exit" ? `L${step.level} ${step.reason}` : []));
    expect(exits.slice(1)).toEqual([
      expect.stringMatching(/^L1 /),
      "L0 VMPTRLD",
      "L0 VMPTRLD",
      "L0 VMCLEAR",
      "L0 VMPTRLD",
      "L0 VMRESUME",
      expect.stringMatching(/^L2 /),
    ]);
  });

  test("with no shadowing: only the page of what runs L2 is read; each VMREAD of L2 makes vmcs02 for L1 and back", () => {
    const level = "kvm@4.20/enable_shadow_vmcs=0";
    const result = lab.exitCopies(GUEST, [level, level, level].join("//"), STEADY);
    const made = copiesOf(result);
    expect(made.slice(0, 6)).toEqual([`L0 ${SAVED}`, `L1 ${SAVED}`, WRITTEN_BACK, READ, MERGED, `L0 ${SAVED}`]);
    const reads = result.steps.filter((step) => step.kind === "exit" && step.level === 1 && step.reason === "VMREAD");
    expect(made.filter((copy) => copy === MERGED)).toHaveLength(1 + reads.length);
    expect(result.copiesDeck).toBe(1);
  });
});

describe("what an exit of L2 makes be copied until L1 hears of it", () => {
  test.each([
    ["kvm@6.1/enable_shadow_vmcs=0+qemu@8.2/host", []],
    ["kvm@6.1+qemu@8.2/host", [TO_SHADOW]],
    ["kvm@6.1+qemu@8.2/host/hv-vapic=on/hv-evmcs=on", ["L0 vmcs12 > enlightened *"]],
  ])("%s", (column, counted) => {
    const result = lab.exitCopies({ scenario: "cpuid-storm" }, column, STEADY);
    expect(copiesOf(result)).toEqual([`L0 ${SAVED}`, ...counted]);
    expect(result.copiesDeck).toBe(counted.length);
    expect(result.copiesAll).toBe(1 + counted.length);
  });
});

test.each([
  ["metal", 1, "metal copies no VMCS"],
  ["ideal", 1_000, "ends before the guest's exit number 1000"],
])("%s, exit %i: %s", (column, exit, message) => {
  const ask = () => lab.exitCopies({ scenario: "cpuid-storm" }, column, exit);
  expect(ask).toThrow(UsageError);
  expect(ask).toThrow(message);
});
