import type { PhysicalMemory } from "@hvdiff/cpu";
import { VMCS_FIELD_NAMES, VMCS_FIELDS } from "@hvdiff/spec";
import type { VmcsLayout } from "./vmcs-layout.ts";
import { BaseVmcsView } from "./vmcs-view.ts";

/** Bytes of the region's header. */
export const VMCS_ABORT_INDICATOR = 4;
export const VMCS_LAUNCH_STATE = 8;

/** Groups of fields, as bits of `MemoryVmcs.changed` and `MemoryVmcs.stale`. */
export const CHANGED_CONTROLS = 1;
export const CHANGED_HOST = 2;
export const CHANGED_SEGMENTS = 4;
/** Guest state but segments and what every instruction changes. */
export const CHANGED_REGISTERS = 8;
export const CHANGED_ALL = 15;

const SEGMENT_FIELD = /^guest(?:Es|Cs|Ss|Ds|Fs|Gs|Ldtr|Tr)(?:Selector|Base|Limit|AccessRights)$/;
/** Guest state that is loaded and checked at every entry. */
const ALWAYS_LOADED =
  /^(?:guestRip|guestRsp|guestRflags|guestInterruptibilityState|guestActivityState|guestPendingDebugExceptions|vmxPreemptionTimerValue)$/;

function groupOf(name: (typeof VMCS_FIELD_NAMES)[number]): number {
  const { type } = VMCS_FIELDS[name];
  if (type === "control") return CHANGED_CONTROLS;
  if (type === "host") return CHANGED_HOST;
  if (type !== "guest" || ALWAYS_LOADED.test(name)) return 0;
  return SEGMENT_FIELD.test(name) ? CHANGED_SEGMENTS : CHANGED_REGISTERS;
}

const GROUPS = Uint8Array.from(VMCS_FIELD_NAMES, groupOf);

/** A VMCS that lies in physical memory, so that a clone of the memory is a clone of it. */
export class MemoryVmcs extends BaseVmcsView {
  /** Physical address of the region. */
  readonly address: number;
  readonly layout: VmcsLayout;
  /** Groups of which a field has changed since the last VM entry found them valid. */
  changed = CHANGED_ALL;
  /** Groups of which a field has been set since the processor loaded or saved them. */
  stale = CHANGED_ALL;
  /** CR0.PE, RFLAGS.VM and the host's mode at that entry. */
  checkedMode = -1;
  /** The 32-bit words of the machine's memory, and where the region starts among them. */
  readonly words: Int32Array;
  readonly base: number;
  private readonly word: Uint16Array;
  private readonly lowMask: Int32Array;
  private readonly highMask: Int32Array;

  /** @param address physical address of the region, which must be RAM */
  constructor(memory: PhysicalMemory, layout: VmcsLayout, address: number) {
    super();
    this.address = address;
    this.layout = layout;
    this.base = memory.frameOffset(address / 4096) >> 2;
    this.words = memory.words;
    this.word = layout.word;
    this.lowMask = layout.lowMask;
    this.highMask = layout.highMask;
  }

  lo(index: number): number {
    return this.words[this.base + this.word[index]!]! & this.lowMask[index]!;
  }

  hi(index: number): number {
    const mask = this.highMask[index]!;
    return mask === 0 ? 0 : this.words[this.base + this.word[index]! + 1]!;
  }

  set(index: number, lo: number, hi: number): void {
    const mask = this.lowMask[index]!;
    if (mask === 0) return;
    const at = this.base + this.word[index]!;
    const words = this.words;
    if (words[at] !== (lo & mask)) {
      words[at] = lo & mask;
      this.note(GROUPS[index]!);
    }
    if (this.highMask[index] !== 0 && words[at + 1] !== hi) {
      words[at + 1] = hi;
      this.note(GROUPS[index]!);
    }
  }

  /** Before the words of a plan are read past `lo` and `hi`. Nothing to do where the region is what the processor has. */
  willRead(_words: ArrayLike<number>): void {}

  /** Before a plan's fields are copied from here. */
  willCopy(_plan: CopyPlan): void {}

  /** After the words of a plan were written past `set`. */
  wrote(_words: ArrayLike<number>): void {}

  /** Fields of these groups have got other values. */
  note(groups: number): void {
    this.changed |= groups;
    this.stale |= groups;
  }

  get launched(): boolean {
    return (this.words[this.base + VMCS_LAUNCH_STATE / 4]! & 0xff) === 1;
  }

  set launched(launched: boolean) {
    const at = this.base + VMCS_LAUNCH_STATE / 4;
    this.words[at] = (this.words[at]! & ~0xff) | (launched ? 1 : 0);
  }

  /** The VMX-abort indicator that a VMX abort leaves in the region. */
  get abortIndicator(): number {
    return this.words[this.base + VMCS_ABORT_INDICATOR / 4]!;
  }

  set abortIndicator(code: number) {
    this.words[this.base + VMCS_ABORT_INDICATOR / 4] = code;
  }
}

/** Fields of one layout against words of something else, for copying many at once. */
export interface FieldPlan {
  /** Word in the region. */
  readonly word: Uint16Array;
  readonly mask: Int32Array;
  /** Word on the other side. */
  readonly other: Int32Array;
  /** Groups of the fields. */
  readonly groups: number;
}

/** A plan from (field, word, halves) triples; fields that do not exist and words of -1 are left out. */
export function createFieldPlan(
  layout: VmcsLayout,
  entries: readonly (readonly [field: number, other: number, halves: 1 | 2])[],
): FieldPlan {
  const word: number[] = [];
  const mask: number[] = [];
  const other: number[] = [];
  let groups = 0;
  for (const [field, at, halves] of entries) {
    if (layout.lowMask[field] === 0 || at < 0) continue;
    groups |= GROUPS[field]!;
    word.push(layout.word[field]!);
    mask.push(layout.lowMask[field]!);
    other.push(at);
    if (halves === 1 || layout.highMask[field] === 0) continue;
    word.push(layout.word[field]! + 1);
    mask.push(-1);
    other.push(at + 1);
  }
  return { word: Uint16Array.from(word), mask: Int32Array.from(mask), other: Int32Array.from(other), groups };
}

/** Sets the plan's fields from state words. */
export function storeFields(vmcs: MemoryVmcs, plan: FieldPlan, s: Int32Array): void {
  const { words, base } = vmcs;
  const { word, mask, other } = plan;
  let differs = 0;
  for (let i = 0; i < word.length; i++) {
    const at = base + word[i]!;
    const value = s[other[i]!]! & mask[i]!;
    differs |= words[at]! ^ value;
    words[at] = value;
  }
  if (differs !== 0) vmcs.note(plan.groups);
  vmcs.wrote(word);
}

/** Copies the plan's fields into state words. */
export function loadFields(vmcs: MemoryVmcs, plan: FieldPlan, s: Int32Array): void {
  const { words, base } = vmcs;
  const { word, mask, other } = plan;
  vmcs.willRead(word);
  for (let i = 0; i < word.length; i++) s[other[i]!] = words[base + word[i]!]! & mask[i]!;
}

/** How to copy fields between two layouts, by group. */
export type CopyPlan = readonly FieldPlan[];

/** Stands for a field that the source of a copy does not have. */
const ABSENT_WORD = 0x4000;

/**
 * A plan to copy fields of one layout to another's; those that the target lacks are left out.
 * @param absent what becomes of those that the source lacks: they are set to 0, or left alone
 */
export function createCopyPlan(
  from: VmcsLayout,
  to: VmcsLayout,
  fields: readonly number[],
  absent: "zero" | "keep",
): CopyPlan {
  const source = (field: number): number =>
    from.lowMask[field] !== 0 ? from.word[field]! : absent === "zero" ? ABSENT_WORD : -1;
  const groups = [...new Set(fields.map((field) => GROUPS[field]!))];
  return groups.map((group) =>
    createFieldPlan(
      to,
      fields.filter((field) => GROUPS[field] === group).map((field) => [field, source(field), 2] as const),
    ),
  );
}

/** Copies fields from one VMCS to another. */
export function copyFields(from: MemoryVmcs, to: MemoryVmcs, plan: CopyPlan): void {
  from.willCopy(plan);
  for (let group = 0; group < plan.length; group++) copyGroup(from, to, plan[group]!);
}

function copyGroup(from: MemoryVmcs, to: MemoryVmcs, plan: FieldPlan): void {
  const { words } = from;
  const { word, mask, other } = plan;
  let differs = 0;
  for (let i = 0; i < word.length; i++) {
    const at = to.base + word[i]!;
    const source = other[i]!;
    const value = source >= ABSENT_WORD ? 0 : words[from.base + source]! & mask[i]!;
    differs |= words[at]! ^ value;
    words[at] = value;
  }
  if (differs !== 0) to.note(plan.groups);
  to.wrote(word);
}
