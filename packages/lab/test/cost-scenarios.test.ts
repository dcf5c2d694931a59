import { PLAIN_MECHANISMS } from "@hvdiff/nested";
import { VMCS_FIELD_NAMES, VMCS_FIELDS } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { configurationOf } from "../src/configuration.ts";
import { createLab } from "../src/index.ts";
import { createMachine, runMachine } from "../src/run.ts";
import { guestImage, Session } from "../src/session.ts";

const EVMCS = "qemu@8.2/host/hv-vapic=on/hv-evmcs=on";
const TIMES = 100;

function countersOf(scenario: string, column: string): Record<string, number> {
  const session = new Session(guestImage({ scenario }), {});
  return { ...session.run(session.column(column)).counters };
}

/** Exits of VMX instructions of L1. */
function vmxExits(counters: Record<string, number>): number {
  const isVmx = /^exits\.l1\.(VM(?!CALL)|INVEPT|INVVPID)/;
  return Object.entries(counters).reduce((sum, [name, count]) => sum + (isVmx.test(name) ? count : 0), 0);
}

describe("exit-mix", () => {
  test("executes what was counted, divided by 39656", () => {
    const published = {
      VMCLEAR: 0x790063,
      VMLAUNCH: 0x325150,
      VMPTRLD: 0x3c8207,
      VMREAD: 0x6812ba3,
      VMRESUME: 0x45f700,
      VMWRITE: 0x2c627a6,
      VMXOFF: 0x3c8295,
      VMXON: 0x3c8295,
      INVEPT: 0x3ca309,
      INVVPID: 0x3d6859,
    };
    const counters = countersOf("exit-mix", "ideal");
    for (const [name, count] of Object.entries(published))
      expect(Math.abs(counters[`exits.l1.${name}`]! - count / 39656)).toBeLessThan(2);
  });

  test("with every field shadowed 5.37 times fewer VMX instructions exit; the published count says 5.36", () => {
    const session = new Session(guestImage({ scenario: "exit-mix" }), {});
    const column = session.column("kvm@6.1");
    const shadowable = VMCS_FIELD_NAMES.filter((name) => name !== "vmInstructionError");
    const shadowedFields = {
      readOnly: shadowable.filter((name) => VMCS_FIELDS[name].type === "readOnly"),
      readWrite: shadowable.filter((name) => VMCS_FIELDS[name].type !== "readOnly"),
      unknownEncodings: true,
    };
    const configuration = {
      ...configurationOf(column, column.quirks, session.silicon),
      mechanisms: { ...PLAIN_MECHANISMS, shadowedFields },
    };
    const run = runMachine(createMachine(session.image, column, configuration, session.silicon, session.settings));
    expect(run.values.get("failed-accesses")).toBe("6");
    expect(run.counters).not.toHaveProperty("exits.l1.VMREAD");
    expect(run.counters).not.toHaveProperty("exits.l1.VMWRITE");
    const all = vmxExits(countersOf("exit-mix", "ideal"));
    expect(all).toBe(4825);
    expect(all / vmxExits({ ...run.counters })).toBeCloseTo(5.367, 3);
  });

  test.each([
    // 556 VMREADs: of CS but for its access rights, FS base and DR7 each time, activity state 52 times and absent fields 4 times.
    ["6.1", 556, 171, 2.967],
    ["5.2", 556, 170, 2.969],
    ["4.15/nested=1", 356, 167, 3.393],
  ])("with the list of KVM %s so many VMREADs and VMWRITEs still exit", (version, reads, writes, ratio) => {
    const counters = countersOf("exit-mix", `kvm@${version}`);
    expect(counters).toMatchObject({ "exits.l1.VMREAD": reads, "exits.l1.VMWRITE": writes });
    expect(vmxExits(countersOf("exit-mix", "ideal")) / vmxExits(counters)).toBeCloseTo(ratio, 3);
  });
});

describe("cpuid-storm", () => {
  const ordinary = countersOf("cpuid-storm", `kvm@6.1/enable_shadow_vmcs=0+qemu@8.2/host`);
  const shadowed = countersOf("cpuid-storm", `kvm@6.1+qemu@8.2/host`);
  const enlightened = countersOf("cpuid-storm", `kvm@6.1+${EVMCS}`);

  test("an L1 with an ordinary VMCS exits five times more for each exit of L2", () => {
    expect(ordinary).toMatchObject({
      "exits.l2.CPUID": TIMES,
      "reflected.CPUID": TIMES,
      // Reason and qualification at each of 101 exits, RIP and length for the CPUIDs.
      "exits.l1.VMREAD": 2 * (TIMES + 1) + 2 * TIMES,
    });
    expect(shadowed).not.toHaveProperty("exits.l1.VMREAD");
    expect(ordinary["exits.l1.VMWRITE"]! - shadowed["exits.l1.VMWRITE"]!).toBe(shadowed["vmwrite.l1.shadowed"]!);
  });

  test("with an enlightened VMCS none is left in the loop: what there is fills the page beforehand", () => {
    const accesses = ["exits.l1.VMREAD", "vmread.l1.shadowed", "exits.l1.VMWRITE", "vmwrite.l1.shadowed"];
    const { events } = createLab().trace({ scenario: "cpuid-storm" }, `kvm@6.1+${EVMCS}`);
    const launch = events.findIndex(({ kind }) => kind === "vmentry");
    const after = events.slice(launch).map(({ kind }) => kind);
    expect(after).not.toContain("vmread");
    expect(after).not.toContain("vmwrite");
    expect(accesses.map((name) => enlightened[name])).not.toContain(undefined);
    expect(enlightened).toMatchObject({
      "exits.l1.VMRESUME": TIMES,
      "copies.enlightened-to-vmcs12": TIMES + 1,
      "copies.vmcs12-to-enlightened": TIMES + 1,
    });
  });
});

describe("what an L0 does about MSRs that L1 leaves to L2", () => {
  const flags = "host/hv-vapic=on/hv-evmcs=on";

  test.each([
    // Each access exits where the L0 looks into L1's bitmap itself.
    ["ideal", TIMES, undefined, undefined],
    ["kvm@5.2", TIMES, 1, undefined],
    ["kvm@6.1", undefined, 1, undefined],
    [`kvm@6.1+qemu@8.2/${flags}`, undefined, 1, undefined],
    ["hyperv@2019", undefined, 1, undefined],
  ])("msr-storm on %s: %s exits of L2", (column, exits, merges, saved) => {
    const counters = countersOf("msr-storm", column);
    expect(counters["exits.l2.MSR_READ"]).toBe(exits);
    expect(counters["merges.msr-bitmap"]).toBe(merges);
    expect(counters["merges.msr-bitmap.saved"]).toBe(saved);
    expect(counters["reflected"]).toBe(1);
  });

  test("without the enlightened bitmap every access exits to Hyper-V", () => {
    const session = new Session(guestImage({ scenario: "msr-storm" }), {
      quirks: ["-hyperv/vmx/enlightened-msr-bitmap"],
    });
    const { counters } = session.run(session.column("hyperv@2019"));
    expect(counters["exits.l2.MSR_READ"]).toBe(TIMES);
    expect(counters["merges.msr-bitmap"]).toBeUndefined();
  });

  test.each([
    [`kvm@6.1+qemu@8.2/${flags}`, TIMES + 1, undefined],
    [`kvm@6.1+qemu@8.2/${flags}/hv-emsr-bitmap=on`, 1, TIMES],
    // KVM heeds it since 5.17.
    [`kvm@5.16+qemu@7.1/${flags}/hv-emsr-bitmap=on`, TIMES + 1, undefined],
  ])("cpuid-storm on %s: the bitmap is merged %i times", (column, merges, saved) => {
    const counters = countersOf("cpuid-storm", column);
    expect(counters["merges.msr-bitmap"]).toBe(merges);
    expect(counters["merges.msr-bitmap.saved"]).toBe(saved);
  });
});

test("page-fault-storm: L1 is given each page fault", () => {
  expect(countersOf("page-fault-storm", "kvm@6.1")).toMatchObject({
    "exits.l2.EXCEPTION_NMI": TIMES,
    "reflected.EXCEPTION_NMI": TIMES,
  });
});
