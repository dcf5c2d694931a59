import {
  type ColumnResult,
  type CompareResult,
  createLab,
  type Difference,
  type DiffResult,
  type Guest,
  type Lab,
  type MatrixCell,
  type MatrixResult,
  type RunOptions,
  UsageError,
} from "@hvdiff/lab";
import { fakeCaps } from "./capabilities.ts";
import { fakeCode } from "./code.ts";
import { fakeDump } from "./dumps.ts";
import { causeOf, FAKE_QUIRKS } from "./quirks.ts";
import { FAKE_SCENARIOS, type FakeScenario } from "./scenarios.ts";
import { FAKE_SEARCH } from "./schedules.ts";
import { fakeRows } from "./traces.ts";

const PRODUCTS = ["metal", "ideal", "kvm", "virtualbox", "vmware"];
const CPUS = [
  { id: "skylake-client", title: "Intel Core i7-6700 (Skylake)", source: "captured" },
  { id: "nehalem", title: "Intel Core i5-750 (Lynnfield)", source: "Bochs" },
];
const DEFAULTS = ["metal", "ideal", "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on", "virtualbox@7.0", "vmware@17"];

/** A lab with made-up results that are shaped like real ones: for tests of the server and the page, and for working on the page alone. */
export function createFakeLab(): Lab {
  return {
    diff: (guest, columns, options) => diff(scenarioOf(guest), columns, cpuOf(options)),
    diffTogether: () => Promise.reject(new Error("the fake lab has one thread")),
    matrixTogether: () => Promise.reject(new Error("the fake lab has one thread")),
    run: (guest, column, options) => diff(scenarioOf(guest), [column], cpuOf(options)),
    cost: (guest, columns) => createLab().cost(guest, columns),
    exitCopies: (guest, column, exit) => createLab().exitCopies(guest, column, exit),
    // Made-up control structures would be none: these are of a short real run.
    structures: () => createLab().structures({ scenario: "xsaves-control" }, "ideal"),
    code: (guest, column) => fakeCode(scenarioOf(guest).scenario, column),
    pageWalk: (_guest, column, options, asked) =>
      createLab().pageWalk({ scenario: "ept-walk" }, column === "metal" ? column : "ideal", options, asked),
    trace: () => {
      throw new Error("the fake lab has no L0 to trace");
    },
    explore: () => FAKE_SEARCH,
    exploreTogether: () => Promise.resolve(FAKE_SEARCH),
    searchParts: () => {
      throw new Error("the fake lab's search has no parts");
    },
    debug: () => {
      throw new Error("the fake lab has no machine to debug");
    },
    check: () => {},
    compare: (guest, left, right, options) => compare(scenarioOf(guest), { left, right }, cpuOf(options)),
    matrix: (columns, options) => matrixOf(FAKE_SCENARIOS, columns, options),
    matrixRow: (scenario, columns, options) => matrixOf([scenarioOf({ scenario })], columns, options),
    caps: (columns, options) =>
      fakeCaps(
        columns.map((column) => ({ column, product: productOf(column) })),
        cpuOf(options),
      ),
    readDump: (text, column) => fakeDump(text, column),
    checkVmcs: () => {
      throw new Error("the fake lab checks no VMCS");
    },
    quirks: (column) =>
      column === undefined ? FAKE_QUIRKS : FAKE_QUIRKS.filter((quirk) => quirk.product === productOf(column)),
    scenarios: () => FAKE_SCENARIOS.map((fake) => fake.scenario),
    cpus: () => CPUS,
    defaultColumns: () => DEFAULTS,
  };
}

function matrixOf(
  scenarios: typeof FAKE_SCENARIOS,
  columns: readonly string[],
  options: RunOptions | undefined,
): MatrixResult {
  return {
    schemaVersion: 1,
    hvdiff: "0.1.0",
    cpu: cpuOf(options),
    columns: columns.map((column) => ({
      column,
      full: column,
      product: productOf(column),
      confidence: confidenceOf(column),
    })),
    rows: scenarios.map((fake) => ({
      scenario: fake.scenario,
      cells: diff(fake, columns, cpuOf(options)).columns.map(cellOf),
    })),
  };
}

function productOf(column: string): string {
  const product = column.split(/[@/+]/)[0] ?? "";
  if (PRODUCTS.includes(product)) return product;
  throw new UsageError(`unknown personality “${product}” in “${column}”; known: ${PRODUCTS.join(", ")}`);
}

function cpuOf(options: RunOptions | undefined): string {
  const cpu = options?.cpu ?? "skylake-client";
  if (CPUS.some((known) => known.id === cpu)) return cpu;
  throw new UsageError(`unknown CPU model “${cpu}”; known: ${CPUS.map((known) => known.id).join(", ")}`);
}

function scenarioOf(guest: Guest): FakeScenario {
  const id = "scenario" in guest ? guest.scenario : guest.name;
  const fake = FAKE_SCENARIOS.find((candidate) => candidate.scenario.id === id);
  if (fake === undefined) throw new UsageError(`unknown scenario “${id}”`);
  return fake;
}

function confidenceOf(column: string): ColumnResult["confidence"] {
  const product = productOf(column);
  if (product === "metal" || product === "ideal") return null;
  return product === "vmware" ? "reported" : "source";
}

function valuesOf(fake: FakeScenario, column: string): Record<string, string> {
  const values = { ...fake.metal };
  for (const [verdict, { value }] of Object.entries(fake.deviations[productOf(column)] ?? {})) {
    if (value !== null) values[verdict] = value;
  }
  return values;
}

function columnOf(fake: FakeScenario, column: string, reference: string): ColumnResult {
  const values = valuesOf(fake, column);
  const expected = valuesOf(fake, reference);
  const deviation = { ...fake.deviations[productOf(reference)], ...fake.deviations[productOf(column)] };
  const differences = Object.keys(values).flatMap((verdict): Difference[] => {
    const [here, there] = [values[verdict] ?? null, expected[verdict] ?? null];
    if (here === there) return [];
    return [{ verdict, reference: there, here, cause: causeOf(...(deviation[verdict]?.quirks ?? [])) }];
  });
  const first = differences[0];
  const rows = rowsOf(fake, differences.length);
  const row = rows.findIndex((candidate) => candidate.kind !== "same");
  const divergence = rows[row];
  return {
    column,
    full: column,
    product: productOf(column),
    confidence: confidenceOf(column),
    runId: `${fake.scenario.id}-${column.length.toString(16).padStart(8, "0")}`,
    outcome: { kind: "exit", text: "exit 0" },
    verdicts: Object.entries(values).map(([id, value]) => ({ id, value })),
    suites: [],
    serial: "",
    counters: {},
    exits: productOf(column) === "kvm" ? { EXCEPTION_NMI: 1, VMCALL: 2 } : { VMCALL: 2 },
    differences,
    firstDivergence:
      first === undefined || divergence === undefined ? null : { ...divergence, row, cause: first.cause },
  };
}

function rowsOf(fake: FakeScenario, differences: number) {
  return fakeRows(fake.scenario.id === "vmx-instruction-errors" ? 4000 : 240, differences === 0 ? 0 : 83);
}

function diff(fake: FakeScenario, columns: readonly string[], cpu: string): DiffResult {
  const reference = columns[0] ?? "metal";
  const results = columns.map((column) => columnOf(fake, column, reference));
  return {
    schemaVersion: 1,
    hvdiff: "0.1.0",
    guest: { id: fake.scenario.id, title: fake.scenario.title, sha256: "0".repeat(64), bundled: true },
    cpu,
    firmware: "none",
    memory: 64 * 1024 * 1024,
    commandLine: "",
    reference,
    columns: results,
    verdicts: Object.keys(fake.metal),
    different: results.some((column) => column.differences.length > 0),
  };
}

function compare(fake: FakeScenario, names: { left: string; right: string }, cpu: string): CompareResult {
  const result = diff(fake, [names.left, names.right], cpu);
  const [left, right] = result.columns;
  if (left === undefined || right === undefined) throw new Error("two columns were asked for");
  return { schemaVersion: 1, guest: result.guest, left, right, rows: rowsOf(fake, right.differences.length) };
}

function cellOf(column: ColumnResult): MatrixCell {
  const causes = column.differences.map((difference) => difference.cause);
  const quirks = causes.flatMap((cause) => (cause.kind === "quirks" ? cause.quirks.map((quirk) => quirk.id) : []));
  return {
    column: column.column,
    outcome: column.outcome,
    verdicts: column.verdicts.length,
    differing: column.differences.length,
    unattributed: causes.filter((cause) => cause.kind === "unattributed").length,
    quirks: [...new Set(quirks)].sort(),
    exits: Object.keys(column.exits),
    differs: column.differences.map(({ verdict }) => verdict),
    signature: signatureOf(column),
  };
}

function signatureOf(column: ColumnResult): string {
  const text = JSON.stringify([column.outcome, column.verdicts]);
  let hash = 0;
  for (const character of text) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
