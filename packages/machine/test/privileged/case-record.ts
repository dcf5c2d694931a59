import { registersOf } from "./case-module.ts";

/** What the guest printed of a case: the words of its record that differ from those of the empty case. */
export type CaseRecord = ReadonlyMap<number, bigint>;

/** Word of a record with the vector of the exception that ended the case. */
export const VECTOR = 0;

export type Judgement = "same" | "explained" | "different";

/** Judges a case by its form, both records and the registers before it. */
type Judge = (form: string, ours: CaseRecord, theirs: CaseRecord, registers: readonly bigint[]) => Judgement;

/** Whether the case ended with #GP(0). */
export const isGeneralProtection = (record: CaseRecord): boolean =>
  record.get(VECTOR) === 13n && (record.get(1) ?? 0n) === 0n;

/** Whether two records are the same but for some bits of some words. */
export function sameBut(ours: CaseRecord, qemu: CaseRecord, ignored: ReadonlyMap<number, bigint>): boolean {
  for (const word of new Set([...ours.keys(), ...qemu.keys()])) {
    const mask = ~(ignored.get(word) ?? 0n);
    if (((ours.get(word) ?? 0n) & mask) !== ((qemu.get(word) ?? 0n) & mask)) return false;
  }
  return true;
}

/** A printed line as a record; words it leaves out are those of the empty case. */
function parseRecord(line: string, empty: CaseRecord = new Map()): CaseRecord {
  const record = new Map(empty);
  for (const [, index, value] of line.matchAll(/ (\d+)=([0-9a-f]+)/g)) record.set(Number(index), BigInt(`0x${value}`));
  return record;
}

/** The cases in which ours and a peer's lines differ without explanation, and how many are explained. */
export function compareRecords(
  ours: readonly string[],
  theirs: readonly string[],
  module: Uint8Array,
  { formOf, judge }: { formOf: (index: number) => string; judge: Judge },
): { different: string[]; explained: number } {
  const different: string[] = [];
  let explained = 0;
  const [emptyOurs, emptyTheirs] = [parseRecord(ours[0]!), parseRecord(theirs[0] ?? "")];
  ours.forEach((line, index) => {
    if (index === 0) return;
    const other = theirs[index] ?? "nothing";
    const form = formOf(index);
    const judgement =
      other === "nothing"
        ? "different"
        : judge(form, parseRecord(line, emptyOurs), parseRecord(other, emptyTheirs), registersOf(module, index));
    if (judgement === "different") different.push(`${form}: ours ${line}, theirs ${other}`);
    if (judgement === "explained") explained++;
  });
  return { different, explained };
}
