import { VMCS_FIELD_NAMES, type VmcsField, widthBytes } from "@hvdiff/spec";
import type { VmxCapabilities } from "./capabilities.ts";

/** Bytes before the fields: revision identifier, VMX-abort indicator, launch state, padding. */
export const VMCS_HEADER_BYTES = 16;

/** Where each field lies in a VMCS region of one processor. Only fields that exist have a place. */
export interface VmcsLayout {
  /** 32-bit word of the region where the field starts; every field has words of its own. */
  readonly word: Uint16Array;
  /** Bits of that word that belong to the field, and of the next one; 0 for fields that do not exist. */
  readonly lowMask: Int32Array;
  readonly highMask: Int32Array;
  /** Bytes in use. */
  readonly size: number;
}

const LOW_MASK: Readonly<Record<number, number>> = { 2: 0xffff, 4: -1, 8: -1 };

/** Byte offsets of fields in the region. */
export type FieldOffsets = Readonly<Partial<Record<VmcsField, number>>>;

/** The places that a layout gives its fields. */
export function fieldOffsetsOf({ word, lowMask }: VmcsLayout): FieldOffsets {
  const existing = VMCS_FIELD_NAMES.map((name, index) => [name, index] as const).filter(([, at]) => lowMask[at] !== 0);
  return Object.fromEntries(existing.map(([name, index]) => [name, word[index]! * 4]));
}

/** Words of the region, and which of them are taken. */
class Places {
  private readonly taken: boolean[] = [];
  private next = VMCS_HEADER_BYTES / 4;

  constructor(offsets: FieldOffsets) {
    for (const [name, offset] of Object.entries(offsets)) this.take(offset / 4, wordsOf(name as VmcsField));
  }

  private take(word: number, count: number): void {
    for (let at = word; at < word + count; at++) this.taken[at] = true;
  }

  /** The first free words behind those that were given out. */
  find(count: number): number {
    while (this.taken[this.next] === true || (count === 2 && this.taken[this.next + 1] === true)) this.next++;
    const word = this.next;
    this.take(word, count);
    return word;
  }

  get size(): number {
    return this.taken.length * 4;
  }
}

function wordsOf(name: VmcsField): number {
  return widthBytes(name) === 8 ? 2 : 1;
}

const PLAIN_LAYOUTS = new WeakMap<VmxCapabilities, VmcsLayout>();

/** Packs the existing fields behind the header, widest first; some may have places of their own, as far as the region reaches. */
export function createVmcsLayout(capabilities: VmxCapabilities, wanted?: FieldOffsets): VmcsLayout {
  if (wanted !== undefined) return packFields(capabilities, wanted);
  let layout = PLAIN_LAYOUTS.get(capabilities);
  if (layout === undefined) {
    layout = packFields(capabilities, {});
    PLAIN_LAYOUTS.set(capabilities, layout);
  }
  return layout;
}

function packFields(capabilities: VmxCapabilities, wanted: FieldOffsets): VmcsLayout {
  const offsets: FieldOffsets = Object.fromEntries(
    Object.entries(wanted).filter(([, offset]) => offset + 8 <= capabilities.regionSize),
  );
  const count = VMCS_FIELD_NAMES.length;
  const word = new Uint16Array(count);
  const lowMask = new Int32Array(count);
  const highMask = new Int32Array(count);
  const places = new Places(offsets);
  for (const bytes of [8, 4, 2]) {
    for (let index = 0; index < count; index++) {
      const name = VMCS_FIELD_NAMES[index]!;
      if (widthBytes(name) !== bytes || capabilities.fieldExists[index] === 0) continue;
      const own = offsets[name];
      word[index] = own === undefined ? places.find(wordsOf(name)) : own / 4;
      lowMask[index] = LOW_MASK[bytes]!;
      highMask[index] = bytes === 8 ? -1 : 0;
    }
  }
  // A processor without VMX has no regions, and nothing will ever lie in one.
  if (capabilities.regionSize !== 0 && places.size > capabilities.regionSize)
    throw new Error(`VMCS fields take ${places.size} bytes, but IA32_VMX_BASIC says ${capabilities.regionSize}`);
  return { word, lowMask, highMask, size: places.size };
}
