import { VMCB_FIELDS, type VmcbField } from "@hvdiff/spec";
import { Random } from "../../../../test/random.ts";

const HEADER_SIZE = 16;
const CASE_SIZE = 64;
const CHANGES = 7;
const MAGIC = 0x0053_4143_6263_6d76n;
const [SET, OR, XOR, NONE] = [0, 1, 2, 3];
const MAXIMUM = 3;

/** A change of one 32-bit word of a VMCB. */
export interface Change {
  readonly offset: number;
  readonly operation: number;
  readonly value: number;
}

type Generator = (random: Random) => readonly Change[];

function word(field: VmcbField, half: 0 | 1, operation: number, value: number): Change {
  return { offset: VMCB_FIELDS[field].offset + 4 * half, operation, value: value >>> 0 };
}

/** Flips one bit of a word, of those in the mask. */
function bitOf(field: VmcbField, half: 0 | 1, mask: number): Generator {
  const bits = Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => ((mask >>> bit) & 1) !== 0);
  return (random) => [word(field, half, XOR!, 1 << random.pick(bits))];
}

function oneOf(field: VmcbField, values: readonly number[]): Generator {
  return (random) => [word(field, 0, SET!, random.pick(values))];
}

const ALL = 0xffffffff;
/** Nested paging: where its tables lie the guest has written. */
const nested: Generator = () => [word("nestedControl", 0, OR!, 1)];
const protectedMode: Generator = () => [
  word("efer", 0, SET!, 0x1000),
  word("cr0", 0, SET!, 0x11),
  word("cs", 0, SET!, 0x0c9b_0008),
];
/** EVENTINJ: an interrupt, NMI, exception, software interrupt or a reserved type. */
const event: Generator = (random) => {
  const type = random.pick([0, 2, 3, 3, 3, 4, 1, 5]);
  const vector = type === 3 ? random.below(40) : random.below(256);
  return [word("eventInjection", 0, SET!, (1 << 31) | (random.below(2) << 11) | (type << 8) | vector)];
};

/** What a VMCB may have wrong, each with how often it is taken. */
const MUTATIONS: readonly Generator[] = [
  bitOf("efer", 0, 0xffff),
  bitOf("efer", 1, ALL),
  bitOf("cr0", 0, ALL),
  bitOf("cr0", 0, 0x6000_0001),
  bitOf("cr0", 1, ALL),
  bitOf("cr3", 1, 0xfff0_0000),
  bitOf("cr4", 0, 0xff80_a020),
  bitOf("cr4", 1, ALL),
  bitOf("dr6", 1, ALL),
  bitOf("dr7", 1, ALL),
  bitOf("cs", 0, 0x0600_0000),
  bitOf("rflags", 0, 0x0001_0ad5),
  bitOf("intercept4", 0, 3),
  oneOf("guestAsid", [0, 1, 2, 0x7fff]),
  oneOf("tlbControl", [0, 1, 2, 3, 4, 7]),
  bitOf("msrpmBasePa", 1, 0xfff0_0000),
  bitOf("iopmBasePa", 1, 0xfff0_0000),
  event,
  event,
  bitOf("nestedCr3", 1, 0xfff0_0000),
  bitOf("gPat", 0, ALL),
  bitOf("gPat", 1, ALL),
  bitOf("virtualInterruptControl", 0, 0x0100_01ff),
  bitOf("interruptShadow", 0, 1),
  bitOf("rip", 1, 0xffff_8000),
  bitOf("rsp", 0, ALL),
  nested,
];

function changesOf(random: Random): Change[] {
  const changes = [...random.pick<Generator>([() => [], nested, nested, protectedMode])(random)];
  const count = random.below(MAXIMUM + 1);
  for (let n = 0; n < count; n++) changes.push(...random.pick(MUTATIONS)(random));
  return changes;
}

/** The cases with consecutive seeds: each the changes that it makes to a VMCB that is valid. */
export function vmcbCases(first: number, count: number): readonly (readonly Change[])[] {
  return Array.from({ length: count }, (_, n) => changesOf(Random.ofCase(first + n)));
}

/** The multiboot module that brings cases to the guest. */
export function caseModule(cases: readonly (readonly Change[])[]): Uint8Array {
  const data = new Uint8Array(HEADER_SIZE + CASE_SIZE * cases.length);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, MAGIC, true);
  view.setBigUint64(8, BigInt(cases.length), true);
  for (const [n, changes] of cases.entries())
    for (let at = 0; at < CHANGES; at++) {
      const { offset, operation, value } = changes[at] ?? { offset: 0, operation: NONE!, value: 0 };
      const place = HEADER_SIZE + CASE_SIZE * n + 8 * at;
      view.setUint16(place, offset, true);
      view.setUint16(place + 2, operation, true);
      view.setUint32(place + 4, value, true);
    }
  return data;
}
