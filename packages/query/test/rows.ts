import type { QueryColumn } from "../src/columns.ts";
import type { QueryCell, QueryRow } from "../src/rows.ts";

/** Columns of the rows below, of which kvm's are not in the order of their releases. */
export const COLUMNS: readonly QueryColumn[] = [
  { column: "metal", product: "metal" },
  { column: "kvm@4.20+qemu@3.1", product: "kvm" },
  { column: "kvm@6.1+qemu@8.2", product: "kvm" },
  { column: "kvm@4.9+qemu@2.8", product: "kvm" },
  { column: "virtualbox@7.0", product: "virtualbox" },
];

/** Cells by a letter each: what is `a` is like metal's, `H` hangs, `?` is unexplained. */
export function rowOf(id: string, letters: string, more: Partial<QueryRow["scenario"]> = {}): QueryRow {
  return {
    scenario: { id, title: `About ${id}`, summary: "A summary.", tags: ["S1", "xsave"], needs: ["vmx"], ...more },
    cells: [...letters].map((letter, index) => cellOf(letter, COLUMNS[index]!.column)),
  };
}

function cellOf(letter: string, column: string): QueryCell {
  const isSame = letter === "a";
  const kind = letter === "H" ? "halted" : "exit";
  return {
    column,
    outcome: { kind, text: kind === "exit" ? "exit 0" : "halted at level 2, rip 0x1000" },
    differing: isSame ? 0 : 2,
    unattributed: letter === "?" ? 1 : 0,
    quirks: isSame || letter === "?" ? [] : [`${column.split("@")[0]}/vmx/some-quirk`],
    exits: letter === "b" ? ["EPT_VIOLATION", "VMCALL"] : ["VMCALL"],
    differs: isSame ? [] : ["probe-a", "(outcome)"],
    signature: letter,
  };
}
