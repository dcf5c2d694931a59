import { describe, expect, test } from "vitest";
import { diff } from "../src/diff.ts";
import { guestImage, Session } from "../src/session.ts";

const OFFERED = "qemu@8.2/host/hv-vapic=on/hv-evmcs=on";

/** Verdicts of a column that differ from metal's, with the ids of their causes. */
function differences(scenario: string, column: string) {
  const result = diff({ scenario }, ["metal", column]).columns[1]!;
  return {
    outcome: result.outcome.text,
    causes: Object.fromEntries(
      result.differences.map(({ verdict, here, cause }) => [
        verdict,
        `${here} < ${cause.kind === "quirks" ? cause.quirks.map(({ id }) => id).join(" ") : cause.reason}`,
      ]),
    ),
  };
}

function run(scenario: string, column: string) {
  const session = new Session(guestImage({ scenario }), {});
  return session.run(session.column(column));
}

describe("a VMCS that is a page of L1's memory", () => {
  test.each(["metal", "ideal", "kvm@6.1+qemu@8.2/host", "virtualbox@7.0", "vmware@17"])("%s offers none", (column) => {
    const { values } = run("enlightened-vmcs", column);
    expect(values.get("enlightened")).toBe("not offered");
    expect(values.get("l2")).toBe("8 CPUID, launched, exit 18");
    expect(values.get("stack-pointer")).toBe("launched, exit 18, 64 below the top");
  });

  test("runs the same L2 under KVM with hv-evmcs; controls that it cannot say are taken away, and a change in a clean group is not seen", () => {
    const { causes } = differences("enlightened-vmcs", `kvm@6.1+${OFFERED}`);
    expect(causes["l2"]).toBeUndefined();
    expect(causes["enlightened"]).toBe("recommended < qemu/cpuid/enlightened-vmcs");
    expect(causes["pin-controls"]).toBe("0x0000003f < kvm/vmx/evmcs-filters-controls");
    expect(causes["secondary-controls"]).toMatch(/ kvm\/vmx\/evmcs-filters-controls$/);
    expect(causes["vmcs-revision"]).toMatch(/^launched, exit 10 </);
    expect(causes["stack-pointer"]).toMatch(/, 0 below the top </);
  });

  test.each([
    ["6.1", "vmread", "ok"],
    ["6.1", "vmread.pml-address", "error 12"],
    ["5.15", "vmread", "VMfailInvalid"],
    ["6.1", "vmwrite", "VMfailInvalid"],
    ["6.1", "wrong-version", "VMfailInvalid"],
  ])("while it is active on KVM %s, %s is %s", (version, verdict, here) => {
    expect(run("enlightened-vmcs", `kvm@${version}+${OFFERED}`).values.get(verdict)).toBe(here);
  });

  test("KVM never completes a VMPTRLD while it is active: a loop, with its cause", () => {
    const { outcome, causes } = differences("enlightened-vmptrld", `kvm@6.1+${OFFERED}`);
    expect(outcome).toMatch(/^loop: VMPTRLD while an enlightened VMCS is active is never completed/);
    expect(causes["(outcome)"]).toBe("loop < kvm/vmx/evmcs-vmptrld-never-completes");
  });

  test("KVM since 6.2 flushes for L2 where L1 asks for that, and tells L1 where it holds the lock", () => {
    const flags = `${OFFERED}/hv-tlbflush-direct=on`;
    const { causes } = differences("l2-flush", `kvm@6.2+${flags}`);
    expect(causes["direct-flush"]).toBe("offered < qemu/cpuid/enlightened-vmcs");
    expect(causes["exits"]).toMatch(/^0x12 at 2, 0x10000031 at 3, 0x12 at 4 < .*kvm\/vmx\/evmcs-direct-virtual-flush/);
    expect(run("l2-flush", `kvm@6.2+${flags}`).counters).toMatchObject({ "flushes.direct": 2, "exits.l2.VMCALL": 4 });
    expect(run("l2-flush", `kvm@6.1+${flags}`).values.get("exits")).toBe("0x12 at 1, 0x12 at 2, 0x12 at 3, 0x12 at 4");
  });

  test("what is copied instead of VMREADs and VMWRITEs is counted", () => {
    expect(run("enlightened-vmptrld", `kvm@6.1+${OFFERED}`).counters).toMatchObject({
      "copies.enlightened-to-vmcs12": 1,
      "copies.vmcs12-to-enlightened": 1,
      "entries.l2": 1,
    });
  });

  test.each([
    ["kvm@6.1+qemu@8.2/host/hv-evmcs=on", "hv-evmcs=on requires hv-vapic=on"],
    ["kvm@6.1+qemu@8.2/host/hv-vapic=on/hv-emsr-bitmap=on", "hv-emsr-bitmap=on requires hv-evmcs=on"],
    [
      "kvm@6.2+qemu@8.2/host/hv-vapic=on/hv-tlbflush-direct=on",
      "hv-tlbflush-direct=on is modelled only with hv-evmcs=on",
    ],
    ["kvm@4.20+qemu@3.0/host/hv-vapic=on/hv-evmcs=on", "hv-evmcs; it came with 3.1"],
  ])("%s is refused: %s", (column, message) => {
    expect(() => run("enlightened-vmcs", column)).toThrow(message);
  });

  test("Hyper-V offers it as its specification says: VMPTRLD completes, VMREAD has no current VMCS", () => {
    const { values } = run("enlightened-vmcs", "hyperv@2019");
    expect(values.get("enlightened")).toBe("recommended");
    expect(values.get("l2")).toBe("8 CPUID, launched, exit 18");
    expect(values.get("vmread")).toBe("VMfailInvalid");
    expect(values.get("vmcs-revision")).toBe("VMfailInvalid");
    expect(differences("enlightened-vmptrld", "hyperv@2019").outcome).toMatch(/^exit 0/);
    const { causes } = differences("enlightened-vmcs", "hyperv@2019");
    expect(causes["enlightened"]).toBe("recommended < hyperv/vmx/enlightened-vmcs");
    expect(Object.values(causes).join(" ")).not.toMatch(/unattributed|no quirk/);
  });
});
