import { maskBits } from "./bits.ts";
import type { Cited } from "./citation.ts";

/** A named run of bits of an MSR, both ends included. */
export type MsrFieldDef = {
  readonly low: number;
  readonly high: number;
  readonly title: string;
  /** Label in the output of QEMU's vmxcap script; absent where the script does not list the field. */
  readonly vmxcap?: string;
  /** QEMU's CPU-model feature for the bit; absent where QEMU has none. */
  readonly qemu?: string;
  /** Present where the field's citation is not its MSR's. */
  readonly sdm?: string;
  readonly apm?: string;
};

/** Names of the fields of an MSR with their places. */
export type MsrFieldDefs = Readonly<Record<string, MsrFieldDef>>;

/** One model-specific register. Its name is its key in the table. */
export type MsrDef = Cited & {
  readonly address: number;
  readonly fields?: MsrFieldDefs;
};

/** A mask of the bits of a field, in place. */
export function msrFieldMask(field: MsrFieldDef): bigint {
  return maskBits(field.low, field.high);
}

/** Value of a field, shifted down. */
export function msrFieldOf(field: MsrFieldDef, value: bigint): bigint {
  return (value & msrFieldMask(field)) >> BigInt(field.low);
}

/** The MSR value with one field replaced; bits of the new value that do not fit are dropped. */
export function withMsrField(field: MsrFieldDef, value: bigint, fieldValue: bigint | number): bigint {
  const mask = msrFieldMask(field);
  return (value & ~mask) | ((BigInt(fieldValue) << BigInt(field.low)) & mask);
}
