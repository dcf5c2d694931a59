import { describe, expect, test } from "vitest";
import { createLab, type StructuresResult, UsageError } from "../src/index.ts";

const lab = createLab();
const VIRTUALBOX = "kvm@6.6+virtualbox-kvm@20240502";
const WRITES_CR4 = "+virtualbox-kvm/registers/writes-back-unmodified-cr4";

/** Every value that a field has had, with the way it came. */
function historyOf({ changes }: StructuresResult, of: string, field: string) {
  return changes.flatMap((change) =>
    change.of === of && field in change.values ? [{ value: change.values[field], way: change.way, by: change.by }] : [],
  );
}

describe("the control structures of a run", () => {
  const result = lab.structures({ scenario: "xsaves-control" }, "ideal");

  test("are those of the same run: what the guest sees does not depend on who looks", () => {
    const { events } = lab.trace({ scenario: "xsaves-control" }, "ideal");
    expect(result.events).toEqual(events);
  });

  test("tell the rule of the merge that made a field, and of which fields", () => {
    const [first] = historyOf(result, "vmcs02", "secondaryProcessorBasedControls");
    expect(first?.way).toBe("vmcs02 merge.secondary");
    expect(result.ways[first!.way]?.why).toContain("L1's features");
    expect(result.origins[`${first!.way} vmcs02.secondaryProcessorBasedControls`]).toEqual([
      "vmcs12.secondaryProcessorBasedControls",
      "vmcs01.secondaryProcessorBasedControls",
    ]);
    const [written] = historyOf(result, "vmcs12", "secondaryProcessorBasedControls");
    expect(written).toMatchObject({ way: "l0.instruction", by: "VMWRITE" });
  });

  test("tell what an exit does: L1's host state becomes guest state of vmcs01", () => {
    const ripHistory = historyOf(result, "vmcs01", "guestRip");
    const [loaded] = ripHistory.filter(({ way }) => way === "exit.hostState");
    expect(loaded?.value).toBe(historyOf(result, "vmcs12", "hostRip").at(-1)?.value);
    expect(result.origins["exit.hostState vmcs01.guestRip"]).toEqual(["vmcs12.hostRip"]);
    expect(result.origins["exit.guestState vmcs12.guestRip"]).toEqual(["vmcs02.guestRip"]);
    expect(result.origins["processor.exit vmcs02.guestRip"]).toBeUndefined();
  });

  test("tell which address space a pointer of L1's is in, and where L0 keeps what it names", () => {
    const operand = result.events.find(({ kind, data }) => kind === "vmx" && data["instruction"] === "vmptrld")?.data[
      "operand"
    ];
    const found = result.switches.find(({ of }) => of === "vmcs12");
    expect(found?.at).toBe(operand);
    expect(found?.host).not.toBe(operand);
  });
});

test("who has set CR4.VMXE in the read shadow: userspace, after a signal", () => {
  const options = { quirks: [WRITES_CR4] };
  const { events } = lab.trace({ scenario: "cr4-loop" }, VIRTUALBOX, options);
  const entry = events.findLast(({ kind, data }) => kind === "l0-entry" && data["into"] === 2);
  const schedule = `signal@${entry!.time + 3}`;
  const result = lab.structures({ scenario: "cr4-loop" }, VIRTUALBOX, { ...options, schedule });
  const [bad, ...more] = historyOf(result, "vmcs02", "cr4ReadShadow").filter(
    ({ value }) => (Number(value) & 0x2000) !== 0,
  );
  expect(bad).toMatchObject({ way: "userspace.registers", by: "signal" });
  expect(more).toEqual([]);
  const field = result.fields.find(({ name }) => name === "cr4ReadShadow");
  expect(field?.bits).toContainEqual({ bit: 13, name: "VMXE" });
});

test("on SVM the rules of vmcb02 are told, and both processors have structures of their own", () => {
  const result = lab.structures({ scenario: "sx-init-redirect" }, "ideal", { cpu: "epyc-rome" });
  expect(historyOf(result, "vmcb02", "interceptExceptions")[0]?.way).toBe("vmcb02 merge.intercepts");
  expect(new Set(result.changes.map(({ vcpu }) => vcpu))).toEqual(new Set([0, 1]));
  const [given] = historyOf(result, "vmcb12", "interceptExceptions");
  expect(given?.way).toBe("guest.stores");
});

test("on metal nothing is merged", () => {
  expect(() => lab.structures({ scenario: "xsaves-control" }, "metal")).toThrow(UsageError);
});
