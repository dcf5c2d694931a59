import type { AlignedKind, AlignedRow, CapabilityGroup, EventResult, MatrixCell, MatrixResult } from "@hvdiff/lab";

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";

function cell(column: string, differing: number, more: Partial<MatrixCell> = {}): MatrixCell {
  return {
    column,
    outcome: { kind: "exit", text: "exit 0" },
    verdicts: 6,
    differing,
    unattributed: 0,
    quirks: [],
    exits: [],
    differs: [],
    signature: differing === 0 ? "3f1c" : `${column}-${differing}`,
    ...more,
  };
}

function scenario(id: string) {
  return { id, title: id, summary: "", needs: ["vmx"], tags: ["S1"], manual: [] };
}

/** Two scenarios in three columns; one cell differs in the outcome alone, one is unexplained. */
export function matrixFixture(): MatrixResult {
  const column = (name: string, product: string) => ({ column: name, full: name, product, confidence: null });
  return {
    schemaVersion: 1,
    hvdiff: "0.1.0",
    cpu: "skylake-client",
    columns: [column("metal", "metal"), column(KVM, "kvm"), column("virtualbox@7.0", "virtualbox")],
    rows: [
      {
        scenario: scenario("xsaves-control"),
        cells: [cell("metal", 0), cell(KVM, 2), cell("virtualbox@7.0", 3, { unattributed: 1 })],
      },
      {
        scenario: scenario("ept-walk"),
        cells: [
          cell("metal", 0),
          cell(KVM, 0),
          cell("virtualbox@7.0", 0, { signature: "77aa", outcome: { kind: "hang", text: "hang" } }),
        ],
      },
    ],
  };
}

function event(index: number): EventResult {
  return { index, vcpu: 0, level: 1, time: index, kind: "exit", data: {}, text: `event ${index}` };
}

/** Rows of the given kinds, spelled `s`ame, `c`hanged, `l`eft, `r`ight. */
export function rowsFixture(kinds: string): AlignedRow[] {
  const names: Readonly<Record<string, AlignedKind>> = { s: "same", c: "changed", l: "only-left", r: "only-right" };
  return [...kinds].map((letter, index) => {
    const kind = names[letter] ?? "same";
    return {
      kind,
      left: kind === "only-right" ? null : event(index),
      right: kind === "only-left" ? null : event(index),
    };
  });
}

/** A register with a bit in each state; bit 20 differs. */
export function groupFixture(): CapabilityGroup {
  const bit = (number: number, label: string, states: CapabilityGroup["bits"][number]["states"]) => ({
    bit: number,
    label,
    name: label,
    states,
    differs: states[0] !== states[1],
    causes: [null],
  });
  return {
    title: "secondary processor-based controls",
    source: "IA32_VMX_PROCBASED_CTLS2 (48BH)",
    raw: ["0x001f7cff00000000", "0x000378ef00000000"],
    bits: [
      bit(0, "Virtualize APIC accesses", ["yes", "yes"]),
      bit(1, "Enable EPT", ["forced", "forced"]),
      bit(2, "Descriptor-table exiting", ["default", "default"]),
      bit(20, "XSAVES", ["yes", "no"]),
    ],
    fields: [],
    differs: true,
  };
}
