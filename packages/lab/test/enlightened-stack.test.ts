import { describe, expect, test } from "vitest";
import { createLab, type ExitCopiesResult } from "../src/index.ts";
import { guestImage, Session } from "../src/session.ts";

/*
 * Hypervisors that use enlightened VMCSs on the one below them.
 */

const GUEST = { scenario: "plain-cpuid" };
const OFFERED = "kvm@6.1+qemu@8.2/host/hv-vapic=on/hv-evmcs=on";
const VMXON_QUIRK = "kvm/as-guest/vmxon-region-with-evmcs-version";

function run(column: string, quirks: readonly string[] = [], guest = GUEST) {
  const session = new Session(guestImage(guest), { quirks });
  return session.run(session.column(column));
}

describe("KVM 4.17 on a hypervisor that recommends enlightened VMCSs", () => {
  test("cannot start on KVM, which looks at the VMXON region's revision", () => {
    const { outcome } = run(`${OFFERED}//kvm@4.17`);
    expect(outcome).toMatchObject({
      kind: "l0-error",
      what: expect.stringContaining("its VMXON fails: the region begins with 1H, the revision is 11E57ED0H"),
    });
  });

  test.each([
    ["the release after it", `${OFFERED}//kvm@4.18`, []],
    ["without that quirk", `${OFFERED}//kvm@4.17`, [`-${VMXON_QUIRK}`]],
    ["on Hyper-V", "hyperv@2022//kvm@4.17", []],
    ["without enlightened VMCSs", `${OFFERED}//kvm@4.17/enlightened_vmcs=0`, []],
  ])("starts: %s", (_, column, quirks) => {
    expect(run(column, quirks).outcome).toMatchObject({ kind: "exit", code: 0 });
  });
});

test("a hypervisor that uses one executes no VMREAD, VMWRITE or VMPTRLD", () => {
  const executed = (column: string) => {
    const { counters } = run(column);
    return ["vmread", "vmwrite", "vmptrld", "vmresume"].map((name) => counters[`l1.instructions.${name}`] ?? 0);
  };
  const [withOne, without] = [executed("hyperv@2022//kvm@6.1"), executed("ideal//kvm@6.1")];
  expect(withOne.slice(0, 3)).toEqual([0, 0, 0]);
  expect(without.every((count) => count > 0)).toBe(true);
  expect(withOne[3]).toBe(without[3]);
});

test("KVM on Hyper-V flushes by hypercall where it would execute INVEPT", () => {
  const { counters } = run("hyperv@2022//kvm@6.1", [], { scenario: "ept-walk" });
  expect(counters["l1.flushes.ept"]).toBe(17);
  expect(counters).toMatchObject({ "l1.instructions.vmcall": 17, "l0.flushes.guest-physical": 17 });
  expect(counters).not.toHaveProperty("l1.instructions.invept");
});

test.each(["ideal", "vmware@17", "virtualbox@7.0"])(
  "%s does not show its guest the interface of Hyper-V below it",
  (upper) => {
    const { values } = run(`hyperv@2022//${upper}`, [], { scenario: "enlightened-vmcs" });
    expect(values.get("enlightened")).toBe("not offered");
  },
);

/** Copies by what they go between, the counted ones marked. */
function copiesOf({ steps }: ExitCopiesResult): string[] {
  return steps.flatMap((step) =>
    step.kind === "copy" ? `L${step.level} ${step.from} > ${step.to}${step.deckCounts ? " *" : ""}` : [],
  );
}

test("what an exit of L3 makes be copied until L2 hears of it, where L1 and L2 have enlightened VMCSs", () => {
  const result = createLab().exitCopies(GUEST, `${OFFERED}//${OFFERED}//kvm@6.1`, 60);
  expect(copiesOf(result)).toEqual([
    "L0 vmcs02 > vmcs12",
    "L0 vmcs12 > enlightened *",
    "L1 vmcs02 > vmcs12",
    "L1 vmcs12 > enlightened *",
    "L0 enlightened > vmcs12 *",
    "L0 vmcs12 > vmcs02",
  ]);
  expect([result.copiesDeck, result.copiesAll]).toEqual([3, 6]);
  expect(result.steps.filter(({ kind }) => kind === "exit")).toHaveLength(4);
});
