import { fieldIndex, hi32, lo32, u64, type VmcsField } from "@hvdiff/spec";

/** The fields of one VMCS, by dense field index (`fieldIndex` of `spec`), in 32-bit halves. Fields that do not exist read as 0. */
export interface VmcsView {
  /** Low 32 bits, signed. */
  lo(index: number): number;
  /** High 32 bits, signed; 0 for fields of at most 32 bits. */
  hi(index: number): number;
  /** Sets a field; what does not fit its width is dropped. */
  set(index: number, lo: number, hi: number): void;
  /** A field by name as an unsigned 64-bit value, for people, tests and rare paths. */
  read(name: VmcsField): bigint;
  write(name: VmcsField, value: bigint): void;
}

/** `VmcsView` with the by-name half done. */
export abstract class BaseVmcsView implements VmcsView {
  abstract lo(index: number): number;
  abstract hi(index: number): number;
  abstract set(index: number, lo: number, hi: number): void;

  read(name: VmcsField): bigint {
    const index = fieldIndex(name);
    return u64(this.lo(index), this.hi(index));
  }

  write(name: VmcsField, value: bigint): void {
    this.set(fieldIndex(name), lo32(value), hi32(value));
  }
}
