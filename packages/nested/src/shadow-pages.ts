import { encodingOf, VMCS_FIELDS, type VmcsField } from "@hvdiff/spec";
import { PAGE } from "./host-layout.ts";
import { takePage } from "./page-pool.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/** Host-physical addresses of a shadow VMCS of L0's and of the bitmaps that say which accesses exit; 0 before they are taken. */
export interface ShadowPages {
  page: number;
  readBitmap: number;
  writeBitmap: number;
}

/** Bit 31 of a VMCS's first word (SDM 3C "Format of the VMCS Region"). */
export const SHADOW_INDICATOR = 1 << 31;

export function takeShadowPages({ l0, vmx }: VmxVcpu, pages: ShadowPages): void {
  const { memory } = l0.machine;
  pages.page = takePage(l0.state.pool, memory);
  pages.readBitmap = takePage(l0.state.pool, memory);
  pages.writeBitmap = takePage(l0.state.pool, memory);
  memory.write32(pages.page, vmx.capabilities.revisionId | SHADOW_INDICATOR);
}

/** A VMREAD or VMWRITE bitmap by which every access exits. */
export function bitmapWhereAllExit(): Uint8Array {
  return new Uint8Array(PAGE).fill(0xff);
}

export function openEncoding(bitmap: Uint8Array, encoding: number): void {
  bitmap[encoding >>> 3]! &= ~(1 << (encoding & 7));
}

/** A 64-bit field has one for its high half, too. */
export function encodingsOf(field: VmcsField): readonly number[] {
  const encoding = encodingOf(field);
  return VMCS_FIELDS[field].width === "64" ? [encoding, encoding | 1] : [encoding];
}
