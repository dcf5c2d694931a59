import { CPU_MODELS, type CpuModel, findCpuModel } from "@hvdiff/cpu";
import { SCENARIOS } from "@hvdiff/guests";
import { describe, expect, test } from "vitest";
import { configurationOf } from "../src/configuration.ts";
import { type ColumnResult, createLab } from "../src/index.ts";
import { DEFAULT_COLUMNS, DEFAULT_CPU } from "../src/products.ts";
import { resolveColumn } from "../src/resolve.ts";
import { type Seen, TraceCache } from "./traces.ts";

const QEMU = "kvm@6.1+qemu@8.2";
/** What libvirt's host-model made of the host in the report that hvdiff began with. */
const SEED = `${QEMU}/Skylake-Client/xsaves=on`;
const COLUMNS = [
  ...DEFAULT_COLUMNS,
  SEED,
  `${QEMU}/host`,
  `${QEMU}/Skylake-Client-v4`,
  `${QEMU}/Skylake-Client/xsave=off`,
  "kvm@4.20+qemu@3.1/host",
  "virtualbox@6.1/paravirt-provider=hyperv",
];

const traces = new TraceCache();

function seen(scenario: string, text: string, silicon: CpuModel, withQuirks = true): Seen | null {
  const column = resolveColumn(text, silicon, {});
  return traces.seen(scenario, column, silicon, configurationOf(column, withQuirks ? column.quirks : [], silicon));
}

/** Processors that can carry an L0: with EPT and unrestricted guest. */
const HOSTS = CPU_MODELS.filter((silicon) => seen("capabilities", "ideal", silicon) !== null);

/** Guests about races: at which of its instructions one processor is reached by another is a matter of time, and what they print does not tell it. */
const RACES = new Set(
  SCENARIOS.filter(({ tags, processors = 1 }) => processors > 1 && tags.includes("events")).map(({ id }) => id),
);

/** What a guest saw, ready to be compared by a test. */
function sight(scenario: string, of: Seen | null): unknown {
  if (of === null) return null;
  const { outcome, serial } = of.run;
  return RACES.has(scenario) ? { outcome, serial } : { outcome, events: of.keys };
}

test("the processors that can carry an L0 are all but Intel's oldest", () => {
  expect(CPU_MODELS.filter((silicon) => !HOSTS.includes(silicon)).map(({ id }) => id)).toEqual([
    "nehalem",
    "bochs-lynnfield",
  ]);
});

describe.each(HOSTS.map((silicon) => [silicon.id, silicon] as const))("on %s", (_, silicon) => {
  describe.each(SCENARIOS.map(({ id }) => id))("%s", (scenario) => {
    test("looks the same on metal and ideal", () => {
      expect(sight(scenario, seen(scenario, "ideal", silicon))).toEqual(
        sight(scenario, seen(scenario, "metal", silicon)),
      );
    });

    // Whatever differs on a column is then the work of its quirks: no verdict is unattributed.
    test("looks the same on metal and on every column without its quirks", () => {
      const metal = sight(scenario, seen(scenario, "metal", silicon));
      for (const column of COLUMNS)
        expect(sight(scenario, seen(scenario, column, silicon, false)), column).toEqual(metal);
    });
  });
});

/** The columns of one diff against metal, by name. */
function diff(scenario: string, columns: readonly string[]): Map<string, ColumnResult> {
  const result = createLab().diff({ scenario }, ["metal", ...columns]);
  return new Map(result.columns.map((column) => [column.column, column]));
}

function verdict(column: ColumnResult | undefined, id: string): string | undefined {
  return column?.verdicts.find((known) => known.id === id)?.value;
}

/** Ids of the quirks that make a verdict differ from metal's, sorted. */
function cause(column: ColumnResult | undefined, id: string): readonly string[] | string {
  const difference = column?.differences.find((known) => known.verdict === id);
  if (difference === undefined) return "no difference";
  return difference.cause.kind === "quirks" ? difference.cause.quirks.map((quirk) => quirk.id).sort() : "unattributed";
}

describe("xsaves-control: the report that hvdiff began with", () => {
  const CONTROLS = [
    "Skylake-Client",
    "Skylake-Client-v4",
    "host",
    "Skylake-Client/xsave=off",
    "Skylake-Client/xsaves=off",
  ];
  const columns = diff("xsaves-control", [
    SEED,
    ...CONTROLS.map((model) => `${QEMU}/${model}`),
    "ideal",
    "virtualbox@7.0",
    "vmware@17",
  ]);

  test.each(["metal", "ideal", "vmware@17", `${QEMU}/Skylake-Client-v4`, `${QEMU}/host`])(
    "%s completes both",
    (text) => {
      expect(verdict(columns.get(text), "probe-a")).toBe("completed");
      expect(verdict(columns.get(text), "probe-b")).toBe("completed");
    },
  );

  test.each(["probe-a", "probe-b"])("%s meets #UD in the seed's column for one reason", (probe) => {
    expect(verdict(columns.get(SEED), probe)).toBe("#UD in L2 at xsaves");
    expect(cause(columns.get(SEED), probe)).toEqual(["qemu/vmx/named-model-omits-xsaves"]);
  });

  test.each([
    ["Skylake-Client", "not offered, not used"],
    ["Skylake-Client/xsaves=off", "not offered, not used"],
    ["Skylake-Client/xsave=off", "no XSAVE, not used"],
  ])("%s: the polite probe does without, the impolite one meets #UD", (model, polite) => {
    const column = columns.get(`${QEMU}/${model}`);
    expect(verdict(column, "probe-a")).toBe(polite);
    expect(verdict(column, "probe-b")).toBe("#UD in L2 at xsaves");
    expect(column?.outcome.text).toBe(columns.get("metal")?.outcome.text);
  });

  test("VirtualBox: one quirk for the impolite probe, two for the polite one", () => {
    const column = columns.get("virtualbox@7.0");
    expect(verdict(column, "probe-a")).toBe("not offered, not used");
    expect(verdict(column, "probe-b")).toBe("#UD in L2 at xsaves");
    expect(cause(column, "probe-b")).toEqual(["virtualbox/vmx/no-xsaves-control"]);
    // Issue 2 wishes for the CPUID leaf as the only cause. With that leaf back the polite probe would try XSAVES and meet #UD, because
    // the control is still missing: only both together make the verdict metal's.
    expect(cause(column, "probe-a")).toEqual([
      "virtualbox/cpuid/leaf-0dh-1-zeroed",
      "virtualbox/vmx/no-xsaves-control",
    ]);
  });
});

describe("physical-address-width", () => {
  const HOST_BITS = `${SEED}/host-phys-bits=on`;
  const columns = diff("physical-address-width", [SEED, HOST_BITS, "virtualbox@7.0"]);
  const PHYS_BITS = ["qemu/cpuid/phys-bits-40"];

  test.each([
    ["width", "39", "40"],
    ["vmptrld.bit39", "error 9", "error 11"],
    ["vmclear.bit39", "error 2", "ok"],
    // KVM's own check knows 40 bits; it makes its own bitmaps for vmcs02 and reads those of L1 as all ones where nothing is mapped.
    ["msr-bitmap.bit39", "error 7", "launched, exit 18"],
    ["io-bitmap.bit39", "error 7", "launched, exit 18"],
    ["entry-msr-load.bit39", "error 7", "exit 34 qualification 0x1"],
    ["eptp.bit39", "error 7", "launched, exit 49"],
  ])("%s is %s on metal and %s under QEMU's 40 bits", (id, metal, kvm) => {
    expect(verdict(columns.get("metal"), id)).toBe(metal);
    expect(verdict(columns.get(SEED), id)).toBe(kvm);
    expect(cause(columns.get(SEED), id)).toEqual(PHYS_BITS);
  });

  test("an unbacked virtual-APIC page passes KVM's check and makes silicon refuse the entry: error 7 after all", () => {
    expect(verdict(columns.get("metal"), "virtual-apic.bit38")).toBe("launched, exit 18");
    expect(verdict(columns.get(SEED), "virtual-apic.bit38")).toBe("error 7");
    expect(cause(columns.get(SEED), "virtual-apic.bit38")).toEqual(["kvm/vmx/unbacked-virtual-apic-page-refused-late"]);
    expect(verdict(columns.get(SEED), "virtual-apic.bit39")).toBe("error 7");
  });

  test("a page-table entry with bit 39 faults as reserved although the guest's CPUID calls it legal", () => {
    for (const text of ["metal", SEED]) expect(verdict(columns.get(text), "pte.bit39")).toBe("#PF error 0x9");
  });

  test("host-phys-bits=on leaves only what has nothing to do with the width", () => {
    expect(verdict(columns.get(HOST_BITS), "width")).toBe("39");
    expect(columns.get(HOST_BITS)?.differences.map((difference) => difference.verdict)).toEqual(["virtual-apic.bit38"]);
  });

  test("VirtualBox passes the host's width", () => {
    expect(verdict(columns.get("virtualbox@7.0"), "width")).toBe("39");
    expect(cause(columns.get("virtualbox@7.0"), "width")).toBe("no difference");
  });
});

test("the default processor can carry an L0", () => {
  expect(HOSTS).toContain(findCpuModel(DEFAULT_CPU));
});
