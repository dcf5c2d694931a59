import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createLab } from "../src/index.ts";

const lab = createLab();
const GUEST = { scenario: "plain-cpuid" };
const TRANSLATED = "kvm@4.20//hvx@2018//kvm@4.20";

describe("a hypervisor that translates, between two KVMs", () => {
  const [column] = lab.cost(GUEST, [TRANSLATED]).columns;
  const { counters } = column!;
  const [alone] = lab.cost(GUEST, ["kvm@4.20"]).columns;

  test("what its guest and that one's guest do comes to it and not to the L0", () => {
    expect(Object.keys(counters).filter((name) => name.startsWith("l0."))).toEqual([]);
    expect(counters["l1.exits.l2.CPUID"]).toBe(alone!.counters["exits.l1.CPUID"]);
    expect(counters["l1.reflected.CPUID"]).toBe(counters["l1.exits.l2.CPUID"]);
    expect(counters["l2.exits.l1.CPUID"]).toBe(counters["l1.exits.l2.CPUID"]);
    expect(counters["l1.exits.l1.VMREAD"]).toBe(counters["l2.instructions.vmread"]);
    expect(counters["l1.exits.l1.VMREAD"]).toBeGreaterThan(0);
  });

  test("costs no transition of silicon", () => {
    expect(column!.lines.map(({ parameter }) => parameter)).not.toContain("round-trip");
    expect(column!.lines).toContainEqual(
      expect.objectContaining({
        title: "level 1: exits that are none for anybody below",
        parameter: "leave-translation",
      }),
    );
  });

  test("its guest sees what it sees on the silicon under the hypervisor above", () => {
    const result = lab.diff(GUEST, ["kvm@4.20", TRANSLATED, "hvx"]);
    expect(result.columns[1]!.differences).toEqual([]);
    expect(lab.diff(GUEST, ["metal", "hvx", "ideal//hvx"]).different).toBe(false);
  });

  test("needs no VMX below", () => {
    const columns = ["kvm@4.19//hvx//kvm@4.20", "kvm@4.19//kvm@4.20"];
    expect(lab.diff(GUEST, [columns[0]!]).columns[0]!.outcome.text).toBe("exit 0");
    expect(() => lab.diff(GUEST, [columns[1]!])).toThrow("lacks");
  });

  test("at the top it counts as one level of the stack", () => {
    const { counters: top } = lab.diff(GUEST, ["kvm@4.20//hvx"]).columns[0]!;
    expect(top["l1.exits.l1.CPUID"]).toBe(counters["l1.exits.l2.CPUID"]);
  });

  test("the cycles are the sum of counts times parameters, and what is published stands beside them", () => {
    const { notes } = lab.cost(GUEST, [TRANSLATED]);
    expect(notes).toEqual([expect.stringContaining("netperf was about 4 times better, sysbench about 2 times")]);
    const doubled = lab.cost(GUEST, [TRANSLATED], {}, ["translation=2"]).columns[0]!;
    expect(doubled.cycles - column!.cycles).toBe(counters["instructions"]);
  });
});

test("what the docs say that an exit costs is what the model says", () => {
  const page = readFileSync(new URL("../../../docs/reference/cost-model.md", import.meta.url), "utf8");
  const EXITS = 97;
  const { columns } = lab.cost(GUEST, ["kvm@4.20", "kvm@4.20//kvm@4.20", TRANSLATED]);
  for (const { cycles, counters } of columns) {
    const each = Math.round((cycles - counters["instructions"]!) / EXITS);
    expect(page).toContain(` ${each.toLocaleString("en-US")} |`);
  }
});
