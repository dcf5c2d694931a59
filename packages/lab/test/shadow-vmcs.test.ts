import type { TraceEvent } from "@hvdiff/machine";
import { describe, expect, test } from "vitest";
import { eventKey } from "../src/events.ts";
import { guestImage, Session } from "../src/session.ts";

function run(scenario: string, column: string, cpu = "skylake-client") {
  const session = new Session(guestImage({ scenario }), { cpu });
  return session.run(session.column(column));
}

function timed(event: TraceEvent): string {
  return `${event.time} ${eventKey(event)}`;
}

/** Counters of VMREADs and VMWRITEs of L1, by where they were done. */
function accesses({ counters }: ReturnType<typeof run>) {
  const { "exits.l1.VMREAD": readExits = 0, "exits.l1.VMWRITE": writeExits = 0 } = counters;
  const { "vmread.l1.shadowed": reads = 0, "vmwrite.l1.shadowed": writes = 0 } = counters;
  return { readExits, writeExits, reads, writes };
}

describe("VMCS shadowing for L1", () => {
  test.each([
    ["vmx-instruction-errors", "6.1"],
    ["entry-checks", "6.1"],
    ["entry-checks", "4.15/nested=1"],
    ["vmcs12-memory", "6.1"],
    ["ept-walk", "5.0"],
    ["xsaves-control", "6.11"],
  ])("is nothing that a guest notices: %s on KVM %s", (scenario, version) => {
    const [off, on] = ["0", "1"].map((value) =>
      run(scenario, `kvm@${version}/enable_shadow_vmcs=${value}+qemu@8.2/host`),
    );
    expect(on!.events.map(timed)).toEqual(off!.events.map(timed));
    expect(on!.serial).toBe(off!.serial);
    const before = accesses(off!);
    const after = accesses(on!);
    expect(before).toMatchObject({ reads: 0, writes: 0 });
    expect(after.readExits + after.reads).toBe(before.readExits);
    expect(after.writeExits + after.writes).toBe(before.writeExits);
    expect(after.writes).toBeGreaterThan(0);
  });

  test("copies the listed fields at each transition, and at VMPTRLD", () => {
    const { counters } = run("enlightened-vmcs", "kvm@6.1+qemu@8.2/host");
    expect(counters).toMatchObject({
      "exits.l1.VMREAD": 1,
      "vmread.l1.shadowed": 40,
      "exits.l1.VMWRITE": 70,
      "vmwrite.l1.shadowed": 30,
      // 24 writable fields, of which Skylake lacks the interrupt status.
      "copies.shadow-vmcs01-to-vmcs12": 10,
      "fields.shadow-vmcs01-to-vmcs12": 230,
      // VMPTRLD and ten exits with all 34 fields, two VMWRITEs of one that L1 only reads.
      "copies.vmcs12-to-shadow-vmcs01": 13,
      "fields.vmcs12-to-shadow-vmcs01": 11 * 34 + 2,
    });
  });

  test.each([
    ["4.15/nested=1", 35],
    ["5.2", 31],
    ["6.1", 30],
  ])("KVM %s has a list of its own: %i VMWRITEs do not exit", (version, writes) => {
    expect(accesses(run("enlightened-vmcs", `kvm@${version}+qemu@8.2/host`)).writes).toBe(writes);
  });

  test("needs silicon that can", () => {
    expect(accesses(run("vmcs12-memory", "kvm@6.1+qemu@8.2/host", "sandy-bridge"))).toMatchObject({
      reads: 0,
      writes: 0,
    });
  });
});
