import type { PhysicalMemory } from "@hvdiff/cpu";
import { VMCS_FIELD_NAMES, VMCS_FIELDS, widthBytes } from "@hvdiff/spec";
import type { VmxCapabilities } from "./capabilities.ts";
import { BaseVmcsView } from "./vmcs-view.ts";

/** Bytes before the fields: revision identifier, VMX-abort indicator, launch state, padding. */
export const VMCS_HEADER_BYTES = 16;
export const VMCS_ABORT_INDICATOR = 4;
export const VMCS_LAUNCH_STATE = 8;

/** Groups of fields, as bits of `MemoryVmcs.changed`. */
export const CHANGED_CONTROLS = 1;
export const CHANGED_HOST = 2;
export const CHANGED_SEGMENTS = 4;
export const CHANGED_ALL = 7;

const SEGMENT_FIELD = /^guest(?:Es|Cs|Ss|Ds|Fs|Gs|Ldtr|Tr)(?:Selector|Base|Limit|AccessRights)$/;

const GROUPS = Uint8Array.from(VMCS_FIELD_NAMES, (name) => {
  const { type } = VMCS_FIELDS[name];
  if (type === "control") return CHANGED_CONTROLS;
  if (type === "host") return CHANGED_HOST;
  return SEGMENT_FIELD.test(name) ? CHANGED_SEGMENTS : 0;
});

/** Where each field lies in a VMCS region of one processor. Only fields that exist have a place. */
export interface VmcsLayout {
  readonly offset: Uint16Array;
  /** Width in bytes, 0 for fields that do not exist. */
  readonly width: Uint8Array;
  readonly size: number;
}

/** Packs the existing fields behind the header, widest first. */
export function createVmcsLayout(capabilities: VmxCapabilities): VmcsLayout {
  const count = VMCS_FIELD_NAMES.length;
  const offset = new Uint16Array(count);
  const width = new Uint8Array(count);
  let next = VMCS_HEADER_BYTES;
  for (const bytes of [8, 4, 2]) {
    for (let index = 0; index < count; index++) {
      if (widthBytes(VMCS_FIELD_NAMES[index]!) !== bytes || capabilities.fieldExists[index] === 0) continue;
      offset[index] = next;
      width[index] = bytes;
      next += bytes;
    }
  }
  if (next > capabilities.regionSize)
    throw new Error(`VMCS fields take ${next} bytes, but IA32_VMX_BASIC says ${capabilities.regionSize}`);
  return { offset, width, size: next };
}

/** A VMCS that lies in physical memory, so that a clone of the memory is a clone of it. */
export class MemoryVmcs extends BaseVmcsView {
  /** Physical address of the region. */
  readonly address: number;
  /** Groups of which a field has changed since the last VM entry found them valid. */
  changed = CHANGED_ALL;
  /** CR0.PE, RFLAGS.VM and the host's mode at that entry. */
  checkedMode = -1;
  private readonly view: DataView;
  private readonly offset: Uint16Array;
  private readonly width: Uint8Array;
  private readonly base: number;

  /** @param address physical address of the region, which must be RAM */
  constructor(memory: PhysicalMemory, layout: VmcsLayout, address: number) {
    super();
    this.address = address;
    this.base = memory.frameOffset(address / 4096);
    this.view = memory.view;
    this.offset = layout.offset;
    this.width = layout.width;
  }

  lo(index: number): number {
    const width = this.width[index]!;
    if (width > 2) return this.view.getInt32(this.base + this.offset[index]!, true);
    return width === 2 ? this.view.getUint16(this.base + this.offset[index]!, true) : 0;
  }

  hi(index: number): number {
    return this.width[index] === 8 ? this.view.getInt32(this.base + this.offset[index]! + 4, true) : 0;
  }

  set(index: number, lo: number, hi: number): void {
    const width = this.width[index]!;
    const at = this.base + this.offset[index]!;
    if (width > 2) {
      if (this.view.getInt32(at, true) !== lo) this.store(index, at, lo);
      if (width === 8 && this.view.getInt32(at + 4, true) !== hi) this.store(index, at + 4, hi);
    } else if (width === 2) {
      if (this.view.getUint16(at, true) !== (lo & 0xffff)) this.changed |= GROUPS[index]!;
      this.view.setInt16(at, lo, true);
    }
  }

  private store(index: number, at: number, value: number): void {
    this.changed |= GROUPS[index]!;
    this.view.setInt32(at, value, true);
  }

  get launched(): boolean {
    return this.view.getUint8(this.base + VMCS_LAUNCH_STATE) === 1;
  }

  set launched(launched: boolean) {
    this.view.setUint8(this.base + VMCS_LAUNCH_STATE, launched ? 1 : 0);
  }

  /** The VMX-abort indicator that a VMX abort leaves in the region. */
  get abortIndicator(): number {
    return this.view.getInt32(this.base + VMCS_ABORT_INDICATOR, true);
  }

  set abortIndicator(code: number) {
    this.view.setInt32(this.base + VMCS_ABORT_INDICATOR, code, true);
  }
}
