import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { COST_PARAMETERS } from "../src/cost/parameters-table.ts";
import { COST_RULES } from "../src/cost/rules-table.ts";
import { createLab, UsageError } from "../src/index.ts";
import { guestImage, Session } from "../src/session.ts";

const KVM = "kvm@6.1+qemu@8.2/host";
const ENTRIES = 10;

function countersOf(scenario: string, column: string): Record<string, number> {
  const session = new Session(guestImage({ scenario }), {});
  return { ...session.run(session.column(column)).counters };
}

describe("what an L0 does is counted where it is done", () => {
  const counters = countersOf("enlightened-vmcs", KVM);

  test("ten entries and exits of L2", () => {
    expect(counters).toMatchObject({
      "entries.l2": ENTRIES,
      "entered.l2": ENTRIES,
      // Only the launch comes after a change of controls.
      "entries.changed-controls": 1,
      "exits.l2.CPUID": 8,
      "reflected.CPUID": 8,
      "exits.l2.VMCALL": 2,
      "reflected.VMCALL": 2,
      reflected: ENTRIES,
      // Each way once: vmcs02 for L2, vmcs01 for L1.
      "vmptrld.l0": 2 * ENTRIES,
    });
  });

  test("each entry merges vmcs02 and each exit saves it: so many fields Skylake has", () => {
    expect(counters).toMatchObject({
      "copies.vmcs12-to-vmcs02": ENTRIES,
      "fields.vmcs12-to-vmcs02": 117 * ENTRIES,
      "copies.vmcs02-to-vmcs12": ENTRIES,
      "fields.vmcs02-to-vmcs12": 67 * ENTRIES,
      "copies.vmcs12-memory-to-vmcs12": 1,
      "fields.vmcs12-memory-to-vmcs12": 142,
    });
  });

  test("every exit is of a level with a reason, and silicon is entered after each", () => {
    const sum = (level: string) =>
      Object.entries(counters).reduce((all, [name, n]) => all + (name.startsWith(`exits.${level}.`) ? n : 0), 0);
    expect(sum("l1") + sum("l2")).toBe(counters["entered.l1"]! + counters["entered.l2"]!);
  });

  test("the trace of what L0 does lists the copies one by one", () => {
    const { events } = createLab().trace({ scenario: "enlightened-vmcs" }, KVM);
    const copies = events.filter(({ kind }) => kind === "l0-copy").map(({ data }) => data);
    const first = copies.findIndex(({ why }) => why === "VMLAUNCH");
    expect(copies.slice(first, first + 4)).toEqual([
      { from: "shadow-vmcs01", to: "vmcs12", fields: 23, why: "VMLAUNCH", deckCounts: true },
      { from: "vmcs12", to: "vmcs02", fields: 117, why: "VMLAUNCH", deckCounts: false },
      { from: "vmcs02", to: "vmcs12", fields: 67, why: "L2 exits to L1", deckCounts: false },
      { from: "vmcs12", to: "shadow-vmcs01", fields: 34, why: "L1 goes on", deckCounts: true },
    ]);
    expect(copies).toHaveLength(
      Object.entries(counters).reduce((n, [name, c]) => n + (/^copies/.test(name) ? c : 0), 0),
    );
  });
});

describe("the cost model", () => {
  const lab = createLab();

  test("is the sum of counts times parameters", () => {
    const [column] = lab.cost({ scenario: "enlightened-vmcs" }, [KVM]).columns;
    const cycles = new Map(COST_PARAMETERS.map((parameter) => [parameter.name, parameter.cycles]));
    for (const line of column!.lines) expect(line.cycles).toBe(line.count * cycles.get(line.parameter)!);
    const work = column!.lines.reduce((sum, line) => sum + line.cycles, 0);
    expect(column!.cycles).toBe(work + column!.counters["instructions"]!);
  });

  test("takes other figures", () => {
    const cyclesWith = (...overrides: string[]) =>
      lab.cost({ scenario: "enlightened-vmcs" }, [KVM], {}, overrides).columns[0]!.cycles;
    expect(cyclesWith("merge=3900") - cyclesWith()).toBe(1000 * ENTRIES);
  });

  test.each([
    ["merg=1", /unknown cost "merg".*merge/],
    ["merge", /not of the form/],
  ])("refuses %s", (override, message) => {
    const ask = () => lab.cost({ scenario: "enlightened-vmcs" }, [KVM], {}, [override]);
    expect(ask).toThrow(UsageError);
    expect(ask).toThrow(message);
  });

  test("knows a price for every rule, and the manual names each with its figure", () => {
    const page = readFileSync(new URL("../../../docs/reference/cost-model.md", import.meta.url), "utf8");
    for (const { parameter } of COST_RULES) expect(COST_PARAMETERS.map(({ name }) => name)).toContain(parameter);
    for (const { name, cycles } of COST_PARAMETERS)
      expect(page).toContain(`| \`${name}\` | ${cycles.toLocaleString("en-US")} |`);
  });
});
