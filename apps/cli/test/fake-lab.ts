import {
  type CapsResult,
  type Cause,
  type CheckVmcsResult,
  type ColumnResult,
  type CompareResult,
  createLab,
  type Difference,
  type DiffResult,
  type EventResult,
  type Guest,
  type Lab,
  type MatrixResult,
  type QuirkResult,
  type RunOptions,
  type ScenarioResult,
  UsageError,
} from "@hvdiff/lab";

/** A quirk of an open product with evidence that has an address. */
export const OMITS_XSAVES: QuirkResult = {
  id: "qemu/vmx/named-model-omits-xsaves",
  summary: "Named CPU models leave the enable-XSAVES control out of the secondary controls they offer.",
  product: "qemu",
  affects: ["enableXsaves"],
  since: "4.2",
  confidence: "source",
  evidence: [
    {
      kind: "source",
      text: "qemu target/i386/cpu.c at v8.2.0, Skylake-Client",
      url: "https://example.org/qemu/cpu.c",
    },
  ],
  optIn: false,
};

/** A quirk of a closed product. */
export const VMWARE_GUESS: QuirkResult = {
  id: "vmware/cpuid/leaf-0d",
  summary: "CPUID leaf 0DH lists fewer components.",
  product: "vmware",
  affects: ["CPUID.0DH"],
  since: "≤15",
  until: "18",
  confidence: "reported",
  evidence: [{ kind: "report", text: "a forum thread" }],
  optIn: true,
};

const XSAVES_CONTROL: ScenarioResult = {
  id: "xsaves-control",
  title: "The control that XSAVES needs",
  summary: "Runs two L2 probes.",
  needs: ["vmx"],
  tags: ["S1", "xsave"],
  manual: ['3D "VM-Execution Controls"'],
};

const CAPABILITIES: ScenarioResult = { ...XSAVES_CONTROL, id: "capabilities", title: "What it can do", needs: [] };

const byQuirk = (...quirks: QuirkResult[]): Cause => ({ kind: "quirks", quirks });
const UNKNOWN: Cause = { kind: "unattributed", reason: "no set of quirks explains it" };

function event(index: number, text: string): EventResult {
  return { index, vcpu: 0, level: 1, time: index * 10, kind: "print", data: {}, text };
}

const VERDICTS = { vmx: "offered", l1: "completed", "probe-a": "completed", "probe-b": "completed" };

function column(
  name: string,
  changed: Readonly<Record<string, string>>,
  causes: Readonly<Record<string, Cause>>,
): ColumnResult {
  const values: Record<string, string> = { ...VERDICTS, ...changed };
  const differences: Difference[] = Object.keys(changed).map((verdict) => ({
    verdict,
    reference: VERDICTS[verdict as keyof typeof VERDICTS],
    here: changed[verdict]!,
    cause: causes[verdict]!,
  }));
  const first = differences[0];
  const closed = name.startsWith("vmware");
  return {
    column: name,
    full: name.startsWith("kvm") && !name.includes("+") ? `${name}/nested=1+qemu@8.2/host-model` : name,
    product: name.split("@")[0]!,
    confidence: closed ? "reported" : name.includes("@") ? "source" : null,
    runId: `run-${name}`,
    outcome: { kind: "exit", text: "exit 0" },
    verdicts: Object.entries(values).map(([id, value]) => ({ id, value })),
    suites: [],
    serial: `hvdiff guest xsaves-control\n${Object.entries(values)
      .map(([id, value]) => `verdict ${id} = ${value}\n`)
      .join("")}done\n`,
    counters: { instructions: 1000 },
    exits: { CPUID: 1, EXCEPTION_NMI: 2 },
    differences,
    firstDivergence:
      first === undefined
        ? null
        : {
            kind: "changed",
            row: 7,
            left: event(7, "L1 rdmsr 0x48b -> 0x001f7cff00000000"),
            right: event(7, "L1 rdmsr 0x48b -> 0x000378ef00000000"),
            cause: first.cause,
          },
  };
}

function fakeColumn(name: string): ColumnResult {
  if (name === "metal" || name === "ideal") return column(name, {}, {});
  if (name.startsWith("kvm")) {
    const ud = "#UD in L2 at 0x101234";
    const cause = byQuirk(OMITS_XSAVES);
    return column(name, { "probe-a": ud, "probe-b": ud }, { "probe-a": cause, "probe-b": cause });
  }
  if (name.startsWith("vmware"))
    return column(name, { "probe-a": "not offered" }, { "probe-a": byQuirk(VMWARE_GUESS) });
  if (name.startsWith("broken")) return column(name, { l1: "failed" }, { l1: UNKNOWN });
  throw Object.assign(new Error(`no personality is called ${JSON.stringify(name)}; nearest: kvm`), {
    name: "UsageError",
  });
}

function fakeDiff(guest: Guest, columns: readonly string[], options: RunOptions = {}): DiffResult {
  const results = columns.map(fakeColumn);
  const bundled = "scenario" in guest;
  return {
    schemaVersion: 1,
    hvdiff: "0.0.0-test",
    guest: {
      id: bundled ? guest.scenario : guest.name,
      title: bundled ? XSAVES_CONTROL.title : guest.name,
      sha256: "0123456789abcdef".repeat(4),
      bundled,
    },
    cpu: options.cpu ?? "skylake-client",
    firmware: options.firmware ?? "none",
    memory: options.memory ?? 64 * 1024 * 1024,
    commandLine: options.commandLine ?? "",
    reference: columns[0]!,
    columns: results,
    verdicts: Object.keys(VERDICTS),
    different: results.some((result) => result.differences.length > 0),
  };
}

function fakeCompare(guest: Guest, left: string, right: string, options?: RunOptions): CompareResult {
  const result = fakeDiff(guest, [left, right], options);
  const events = ["L1 cpuid 0x1", "L1 vmxon", "L2 xsaves\u001b[31m"].map((text, index) => event(index, text));
  return {
    schemaVersion: 1,
    guest: result.guest,
    left: result.columns[0]!,
    right: result.columns[1]!,
    rows: events.map((item) => ({ kind: "same", left: item, right: item })),
  };
}

function fakeMatrix(columns: readonly string[]): MatrixResult {
  const results = columns.map(fakeColumn);
  const cells = results.map((result) => ({
    column: result.column,
    outcome: result.outcome,
    verdicts: 4,
    differing: result.differences.length,
    unattributed: result.differences.filter((difference) => difference.cause.kind === "unattributed").length,
    quirks: [
      ...new Set(
        result.differences.flatMap(({ cause }) => (cause.kind === "quirks" ? cause.quirks.map(({ id }) => id) : [])),
      ),
    ].sort(),
    exits: Object.keys(result.exits),
    differs: result.differences.map(({ verdict }) => verdict),
    signature: result.differences.map(({ verdict, here }) => `${verdict}=${here}`).join(),
  }));
  return {
    schemaVersion: 1,
    hvdiff: "0.0.0-test",
    cpu: "skylake-client",
    columns: results.map(({ column: name, full, product, confidence }) => ({
      column: name,
      full,
      product,
      confidence,
    })),
    rows: [CAPABILITIES, XSAVES_CONTROL].map((scenario) => ({ scenario, cells })),
  };
}

/** A VMCS that only columns of KVM refuse. */
function fakeCheckVmcs(dump: string, columns: readonly string[]): CheckVmcsResult {
  if (dump === "nothing") throw new UsageError("no VMCS is in the file");
  const check = { id: "host.cr0.fixed", group: "host", sdm: '3C "Checks on Host Control Registers, MSRs, and SSP"' };
  return {
    schemaVersion: 1,
    cpu: "skylake-client",
    vmcss: [
      {
        label: "VMCS 1",
        fields: { hostCr0: "0x0" },
        columns: columns.map((column) => ({
          column,
          outcome: column.startsWith("kvm") ? "VMfail 8" : "enters",
          failing: column.startsWith("kvm") ? [check] : [],
        })),
      },
    ],
  };
}

function fakeCaps(columns: readonly string[]): CapsResult {
  const kvm = columns.map((name) => name.startsWith("kvm"));
  const differs = kvm.includes(true) && kvm.includes(false);
  return {
    schemaVersion: 1,
    cpu: "skylake-client",
    columns: columns.map((name) => ({
      column: name,
      full: fakeColumn(name).full,
      vmx: !name.startsWith("vmware"),
      svm: false,
    })),
    groups: [
      {
        title: "basic VMX information",
        source: "IA32_VMX_BASIC (0x480)",
        raw: columns.map(() => "0x00da040000000004"),
        bits: [],
        fields: [
          {
            label: "Revision",
            values: columns.map(() => "4"),
            differs: false,
            causes: columns.slice(1).map(() => null),
          },
        ],
        differs: false,
      },
      {
        title: "secondary processor-based controls",
        source: "IA32_VMX_PROCBASED_CTLS2 (0x48b)",
        raw: kvm.map((is) => (is ? "0x000378ef00000000" : "0x001f7cff00000000")),
        bits: [
          {
            bit: 0,
            label: "Virtualize APIC accesses",
            name: "Virtualize APIC accesses",
            states: columns.map(() => "yes"),
            differs: false,
            causes: columns.slice(1).map(() => null),
          },
          {
            bit: 20,
            label: "Enable XSAVES/XRSTORS",
            name: "Enable XSAVES/XRSTORS",
            states: kvm.map((is) => (is ? "no" : "yes")),
            differs,
            causes: kvm.slice(1).map((is) => (is !== kvm[0] ? byQuirk(OMITS_XSAVES) : null)),
          },
        ],
        fields: [],
        differs,
      },
    ],
  };
}

/** A lab that runs nothing: metal, ideal, kvm@…, vmware@… and broken@… with fixed results. */
export function createFakeLab(): Lab {
  return {
    diff: fakeDiff,
    diffTogether: () => Promise.reject(new Error("the fake lab has one thread")),
    matrixTogether: () => Promise.reject(new Error("the fake lab has one thread")),
    run: (guest, column, options, console) => {
      const result = fakeDiff(guest, [column], options);
      console.serial(result.columns[0]!.serial);
      return result;
    },
    // A made-up count would be none: these are of short real runs.
    cost: (guest, columns, options, overrides) => createLab().cost(guest, columns, options, overrides),
    exitCopies: (guest, column, exit, options) => createLab().exitCopies(guest, column, exit, options),
    structures: () => {
      throw new Error("the fake lab has no control structures");
    },
    code: () => {
      throw new Error("the fake lab has no instructions");
    },
    pageWalk: () => {
      throw new Error("the fake lab has no page tables");
    },
    trace: () => {
      throw new Error("the fake lab has no L0 to trace");
    },
    explore: () => {
      throw new Error("the fake lab has no schedules to search");
    },
    exploreTogether: () => Promise.reject(new Error("the fake lab has no schedules to search")),
    searchParts: () => {
      throw new Error("the fake lab has no schedules to search");
    },
    debug: () => {
      throw new Error("the fake lab has no machine to debug");
    },
    check: () => {},
    compare: fakeCompare,
    matrix: fakeMatrix,
    matrixRow: (_scenario, columns) => fakeMatrix(columns),
    caps: fakeCaps,
    readDump: () => {
      throw new Error("the fake lab reads no dumps");
    },
    checkVmcs: fakeCheckVmcs,
    quirks: (name) =>
      name === undefined ? [OMITS_XSAVES, VMWARE_GUESS] : name.startsWith("kvm") ? [OMITS_XSAVES] : [],
    scenarios: () => [CAPABILITIES, XSAVES_CONTROL],
    cpus: () => [{ id: "skylake-client", title: "Intel Core i7-6700", source: "a capture" }],
    defaultColumns: () => ["metal", "ideal", "kvm@6.1", "vmware@17"],
  };
}
