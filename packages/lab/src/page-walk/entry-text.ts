import type { TableEntry } from "@hvdiff/nested";
import { hex } from "@hvdiff/spec";
import type { WalkedEntry } from "../results.ts";

const LARGE = 1n << 7n;
const NX = 1n << 63n;

/** Entries by the level of their table, as the manuals name them. */
const NAMES = ["", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"];
const SIZES = ["", "4 KiB", "2 MiB", "1 GiB"];

export type EntryFormat = "ept" | "npt" | "guest";

function flag(value: bigint, bit: number, name: string): string {
  return ((value >> BigInt(bit)) & 1n) === 1n ? name : "-";
}

function rightsOf(format: EntryFormat, value: bigint): string {
  if (format === "ept") return flag(value, 0, "r") + flag(value, 1, "w") + flag(value, 2, "x");
  const present = flag(value, 0, "r");
  if (present === "-") return "not present";
  return `${present}${flag(value, 1, "w")}${(value & NX) === 0n ? "x" : "-"}${flag(value, 2, "u")}`;
}

function flagsOf(format: EntryFormat, value: bigint): string {
  const [accessed, dirty] = format === "ept" ? [8, 9] : [5, 6];
  return [
    [accessed, "accessed"],
    [dirty, "dirty"],
  ]
    .filter(([bit]) => ((value >> BigInt(bit as number)) & 1n) === 1n)
    .map(([, name]) => name)
    .join(", ");
}

/** An entry in words. `level` counts from 1, the last table. */
export function walkedEntry(format: EntryFormat, { address, value }: TableEntry, level: number): WalkedEntry {
  const isLeaf = level === 1 || (level <= 3 && (value & LARGE) !== 0n);
  return {
    level,
    name: NAMES[level] ?? `level ${level}`,
    address: hex(address),
    value: hex(value),
    rights: rightsOf(format, value),
    flags: flagsOf(format, value),
    page: isLeaf ? (SIZES[level] ?? "") : null,
  };
}
