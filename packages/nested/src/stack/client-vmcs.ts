import type { PhysicalMemory } from "@hvdiff/cpu";
import { VMCS_FIELD_NAMES, VMCS_FIELDS } from "@hvdiff/spec";
import { type CopyPlan, MemoryVmcs, type VmcsLayout } from "@hvdiff/vmx";
import { F } from "../fields.ts";

/** What a VM exit changes: guest state, exit information, and two fields of the VM-entry controls. */
const CHANGED_BY_EXIT: readonly number[] = [
  ...VMCS_FIELD_NAMES.filter((name) => VMCS_FIELDS[name].type === "guest" || VMCS_FIELDS[name].type === "readOnly").map(
    (name) => F[name],
  ),
  F.vmEntryControls,
  F.vmEntryInterruptionInformation,
];

const IS_READ_ONLY = VMCS_FIELD_NAMES.map((name) => VMCS_FIELDS[name].type === "readOnly");

/** A field and its value, in halves. */
export type FieldValue = readonly [index: number, low: number, high: number];

/** VMREADs and VMWRITEs of the VMCS that the view is of. */
export interface FieldAccess {
  read(fields: readonly number[]): readonly FieldValue[];
  write(values: readonly FieldValue[]): void;
}

/**
 * A VMCS that a client keeps on the processor below: what it has read since the last VM exit and what it has written lies in a page of its
 * own; VMREAD brings a field when it is first asked for, and VMWRITE takes to the processor what differs, before the next VM entry.
 */
export class ClientVmcs extends MemoryVmcs {
  /** Physical address of the region, on the client's own level. */
  readonly region: number;
  private readonly access: FieldAccess;
  /** Whether the page has the field's value, by field. */
  private readonly known: Uint8Array;
  /** Whether `processor` has what the processor has, by field. */
  private readonly synced: Uint8Array;
  /** What the processor has, in halves. */
  private readonly processor: Int32Array;
  /** The field at each word of the page; -1 for none. */
  private readonly fieldAt: Int16Array;

  constructor(
    memory: PhysicalMemory,
    layout: VmcsLayout,
    places: { region: number; page: number },
    access: FieldAccess,
  ) {
    super(memory, layout, places.page);
    this.region = places.region;
    this.access = access;
    const count = VMCS_FIELD_NAMES.length;
    this.known = new Uint8Array(count);
    this.synced = new Uint8Array(count);
    this.processor = new Int32Array(2 * count);
    this.fieldAt = new Int16Array(1024).fill(-1);
    for (let index = 0; index < count; index++) {
      if (layout.lowMask[index] === 0) continue;
      this.fieldAt[layout.word[index]!] = index;
      if (layout.highMask[index] !== 0) this.fieldAt[layout.word[index]! + 1] = index;
    }
  }

  override lo(index: number): number {
    this.need(index);
    return super.lo(index);
  }

  override hi(index: number): number {
    this.need(index);
    return super.hi(index);
  }

  override set(index: number, lo: number, hi: number): void {
    this.known[index] = 1;
    super.set(index, lo, hi);
  }

  override willRead(words: ArrayLike<number>): void {
    this.bringUnknown([words]);
  }

  override willCopy(plan: CopyPlan): void {
    this.bringUnknown(plan.map(({ other }) => other));
  }

  private bringUnknown(lists: readonly ArrayLike<number>[]): void {
    const fields = new Set<number>();
    for (const words of lists)
      for (let i = 0; i < words.length; i++) {
        const field = this.fieldAt[words[i]!] ?? -1;
        if (field >= 0 && this.known[field] === 0) fields.add(field);
      }
    if (fields.size > 0) this.bring([...fields]);
  }

  override wrote(words: ArrayLike<number>): void {
    for (let i = 0; i < words.length; i++) {
      const field = this.fieldAt[words[i]!] ?? -1;
      if (field >= 0) this.known[field] = 1;
    }
  }

  private need(index: number): void {
    if (this.known[index] === 0 && this.layout.lowMask[index] !== 0) this.bring([index]);
  }

  private bring(fields: readonly number[]): void {
    for (const [index, low, high] of this.access.read(fields)) {
      this.set(index, low, high);
      this.noteSynced(index);
    }
  }

  private noteSynced(index: number): void {
    this.processor[2 * index] = super.lo(index);
    this.processor[2 * index + 1] = super.hi(index);
    this.synced[index] = 1;
  }

  /** Whether the processor has the field as it is here. */
  private isSame(index: number): boolean {
    if (this.known[index] === 0 || this.layout.lowMask[index] === 0) return true;
    const { processor } = this;
    return (
      this.synced[index] !== 0 &&
      processor[2 * index] === super.lo(index) &&
      processor[2 * index + 1] === super.hi(index)
    );
  }

  /**
   * VMWRITE of what differs from what the processor has.
   * @param readOnly exit information too, which only a shadow VMCS takes
   */
  flush(readOnly = false): void {
    const values: FieldValue[] = [];
    for (let index = 0; index < this.known.length; index++) {
      if (this.isSame(index) || (!readOnly && IS_READ_ONLY[index]!)) continue;
      values.push([index, super.lo(index), super.hi(index)]);
      this.noteSynced(index);
    }
    if (values.length > 0) this.access.write(values);
  }

  /** Any field may be another. */
  forget(): void {
    this.known.fill(0);
    this.synced.fill(0);
  }

  /** The processor has run with it and made a VM exit. */
  changedByExit(): void {
    for (const index of CHANGED_BY_EXIT) {
      this.known[index] = 0;
      this.synced[index] = 0;
    }
  }
}
