import type { Machine, TraceEvent } from "@hvdiff/machine";
import { describe, expect, test } from "vitest";
import { UsageError } from "../src/api.ts";
import { createLab } from "../src/index.ts";
import { guestImage, Session } from "../src/session.ts";

const lab = createLab();

function machineOf(scenario: string, column: string): Machine {
  const session = new Session(guestImage({ scenario }), {});
  const resolved = session.column(column);
  return session.machine(resolved, {
    bounds: { ...session.settings.bounds, events: 3_000_000 },
    traceRoot: true,
  });
}

describe("hypervisors on each other", () => {
  const result = lab.diff({ scenario: "halted-entry" }, ["metal", "ideal//ideal"]);
  const { counters } = result.columns[1]!;

  test("a guest sees under two ideal ones what it sees on metal, event by event", () => {
    expect(result.columns[1]!.outcome.text).toBe("exit 0");
    expect(result.different).toBe(false);
  });

  test("every VMX instruction of the upper one is an exit to the lower one", () => {
    for (const [instruction, reason] of [
      ["vmread", "VMREAD"],
      ["vmwrite", "VMWRITE"],
      ["vmptrld", "VMPTRLD"],
      ["vmresume", "VMRESUME"],
      ["vmlaunch", "VMLAUNCH"],
    ] as const) {
      expect(counters[`l1.instructions.${instruction}`], instruction).toBeGreaterThan(0);
      expect(counters[`l0.exits.l1.${reason}`], instruction).toBe(counters[`l1.instructions.${instruction}`]);
    }
  });

  test("what the lower one passes on is what the upper one handles", () => {
    const handled = Object.entries(counters)
      .filter(([name]) => name.startsWith("l1.exits."))
      .reduce((sum, [, count]) => sum + count, 0);
    expect(handled).toBe(counters["l0.reflected"]);
  });

  test("the guest's time does not run while they work", () => {
    const alone = lab.diff({ scenario: "halted-entry" }, ["ideal"]).columns[0]!;
    expect(counters["instructions"]).toBe(alone.counters["instructions"]);
  });

  test.each([
    ["ideal//metal", "metal is no hypervisor"],
    ["kvm@4.19//ideal", "lacks"],
    ["ideal//", "column"],
  ])("%s is refused with a reason", (column, reason) => {
    const ask = () => lab.diff({ scenario: "halted-entry" }, ["metal", column]);
    expect(ask).toThrow(UsageError);
    expect(ask).toThrow(reason);
  });

  test("processors with SVM, schedules and searches are refused by name", () => {
    const guest = { scenario: "npt-2m" };
    expect(() => lab.diff(guest, ["metal", "ideal//ideal"], { cpu: "zen4" })).toThrow("stacks on SVM are not modelled");
    const stacked = { scenario: "halted-entry" };
    expect(() => lab.explore(stacked, "ideal//ideal")).toThrow("cannot be searched");
    expect(() => lab.structures(stacked, "ideal//ideal")).toThrow("not taken apart");
    expect(() => lab.pageWalk(stacked, "ideal//ideal", {}, {})).toThrow("more stages");
  });
});

/**
 * Real mode: three interrupts of the 8254, one each 65,536 of its ticks, waited for in HLT. The handler prints the low half of the TSC; then it leaves
 * with 5.
 */
const HALT_FOR_TIMER = [
  // IVT[8] = 0x7c39; 8259: base 8, all but line 0 masked; 8254: counter 0, mode 2, 65,536
  ...[0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xd0, 0xbc, 0, 0x70, 0xc7, 6, 0x20, 0, 0x39, 0x7c, 0xc7, 6, 0x22, 0, 0, 0],
  ...[0xb0, 0x11, 0xe6, 0x20, 0xb0, 8, 0xe6, 0x21, 0xb0, 4, 0xe6, 0x21, 0xb0, 1, 0xe6, 0x21, 0xb0, 0xfe, 0xe6, 0x21],
  ...[0xb0, 0x34, 0xe6, 0x43, 0x30, 0xc0, 0xe6, 0x40, 0xe6, 0x40],
  // mov cl, 3; sti; hlt; jmp
  ...[0xb1, 3, 0xfb, 0xf4, 0xeb, 0xfc],
  // rdtsc; four bytes to COM1; EOI; dec cl; iret; out 0xf4, 5
  ...[0x0f, 0x31, 0xba, 0xf8, 3, 0xb3, 4, 0xee, 0x66, 0xc1, 0xe8, 8, 0xfe, 0xcb, 0x75, 0xf7],
  ...[0xb0, 0x20, 0xe6, 0x20, 0xfe, 0xc9, 0x74, 1, 0xcf, 0xb0, 5, 0xe6, 0xf4],
];

test.each(["ideal//ideal", "virtualbox@7.0//kvm@6.1", "kvm@6.1//vmware@17"])(
  "a guest that halts wakes at the same ticks under %s as on metal",
  (column) => {
    const image = new Uint8Array(HALT_FOR_TIMER);
    const boot = { entry: 0x7c00, mode: 16 } as const;
    const { columns } = lab.diff({ name: "timer", image }, ["metal", column], { boot });
    const [metal, stacked] = columns;
    expect(metal!.outcome.text).toBe("exit 5");
    expect([stacked!.outcome.text, stacked!.serial]).toEqual(["exit 5", metal!.serial]);
  },
);

const FIELD_ACCESS = new Set(["VMREAD", "VMWRITE"]);
const NAMES: Readonly<Record<string, string>> = { "vmcs12-memory": "memory", "shadow-vmcs12-memory": "shadow memory" };

function textOf({ level, kind, data }: TraceEvent): string {
  if (kind !== "l0-copy") return `L${level} ${data["reason"]}`;
  const place = (name: string) => NAMES[String(data[name])] ?? String(data[name]);
  return `L${level} ${place("from")} > ${place("to")}${data["deckCounts"] === true ? " *" : ""}`;
}

/** What the hypervisors do between an exit of the top guest and the top hypervisor's hearing of it, once L1 has a shadow VMCS at work. */
function oneExit(machine: Machine, top: number): string[] {
  const { events } = machine.trace;
  const isShadowed = ({ level, kind, data }: TraceEvent) =>
    level === 1 && kind === "l0-copy" && data["to"] === "shadow-vmcs12-memory";
  for (;;) {
    if (machine.runChoicePoints(100)) throw new Error("the guest has ended before");
    const shadowed = events.findIndex(isShadowed);
    const end = events.findIndex(({ level, kind }, at) => at > shadowed && level === top && kind === "l0-exit");
    if (shadowed < 0 || end < 0) continue;
    const first = events.findLastIndex(
      ({ level, kind, data }, at) => at < shadowed && level === 0 && kind === "l0-exit" && data["from"] === 2,
    );
    return events
      .slice(first, end + 1)
      .filter(({ kind, data }) => kind === "l0-exit" || (kind === "l0-copy" && data["fields"] !== 1))
      .filter(({ level, data }) => !(level === 0 && data["from"] === 1 && FIELD_ACCESS.has(String(data["reason"]))))
      .map(textOf);
  }
}

/** VMPTRLD of L1's while another VMCS is current. */
const SWITCH = [
  "L0 VMPTRLD",
  "L0 shadow-vmcs01 > vmcs12 *",
  "L0 vmcs12 > memory",
  "L0 memory > vmcs12 *",
  "L0 vmcs12 > shadow-vmcs01 *",
];
/** VMCLEAR of L1's, and VMPTRLD behind it: nothing is current then that could be written back. */
const LEAVE = [
  "L0 VMCLEAR",
  "L0 shadow-vmcs01 > vmcs12 *",
  "L0 vmcs12 > memory",
  "L0 VMPTRLD",
  "L0 memory > vmcs12 *",
  "L0 vmcs12 > shadow-vmcs01 *",
];

test("an L3 exit on kvm/kvm/kvm with virtualized shadowing, copy by copy", { timeout: 180_000 }, () => {
  const series = "kvm@4.20/virtualize_shadow_vmcs=1";
  const exit = oneExit(machineOf("halted-entry", `${series}//${series}//kvm@4.20`), 2);
  expect(exit).toEqual([
    "L0 VMWRITE",
    "L0 vmcs02 > vmcs12",
    "L0 shadow-vmcs02 > shadow-vmcs12",
    "L0 shadow-vmcs12 > shadow memory *",
    "L0 vmcs12 > shadow-vmcs01 *",
    "L1 VMWRITE",
    "L1 vmcs02 > vmcs12",
    // L1 reads its own shadow vmcs02, which the talk's list leaves out.
    ...SWITCH,
    ...LEAVE,
    "L1 shadow-vmcs02 > shadow-vmcs12",
    "L1 shadow-vmcs12 > shadow memory *",
    // VMPTRLD of what runs L2, and of the shadow VMCS that L2 reads.
    ...SWITCH,
    "L1 vmcs12 > shadow-vmcs01",
    ...SWITCH,
    ...LEAVE,
    "L0 VMRESUME",
    "L0 shadow-vmcs01 > vmcs12 *",
    "L0 vmcs12 > vmcs02",
    "L0 shadow memory > shadow-vmcs12 *",
    "L0 shadow-vmcs12 > shadow-vmcs02",
    "L2 VMWRITE",
  ]);
  expect(exit.filter((line) => line.endsWith("*"))).toHaveLength(20);
});
