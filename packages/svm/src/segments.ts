import { STATE } from "@hvdiff/cpu";
import * as F from "./fields.ts";
import type { Vmcb } from "./vmcb.ts";

const UNUSABLE = 1 << 16;
const PRESENT = 1 << 7;
/** Type, S, DPL and P, the same in both formats. */
const LOW_RIGHTS = 0xff;
/** AVL, L, D/B and G as a VMCB packs them. */
const HIGH_RIGHTS = 0xf00;
const HIGH_SHIFT = 4;

function wordOf(register: number): number {
  return STATE.SEGMENTS + register * STATE.SEGMENT_STRIDE;
}

/** Sign-extends bit 47 of a base, as VMRUN and VMLOAD do (APM 2 "Canonicalization and Consistency Checks"). */
export function canonicalHigh(high: number): number {
  return (high << 16) >> 16;
}

function loadAttributes(s: Int32Array, word: number, vmcb: Vmcb, field: number, mayBeUnusable: boolean): void {
  const first = vmcb.lo(field);
  const attributes = first >>> 16;
  const rights = (attributes & LOW_RIGHTS) | ((attributes & HIGH_RIGHTS) << HIGH_SHIFT);
  s[word + STATE.SEGMENT_SELECTOR] = first & 0xffff;
  s[word + STATE.SEGMENT_ACCESS] = mayBeUnusable && (rights & PRESENT) === 0 ? rights | UNUSABLE : rights;
  s[word + STATE.SEGMENT_LIMIT] = vmcb.hi(field);
}

/** ES, CS, SS or DS: the base has 32 bits. */
export function loadSegment(s: Int32Array, register: number, vmcb: Vmcb, field: number): void {
  const word = wordOf(register);
  loadAttributes(s, word, vmcb, field, register !== STATE.CS);
  s[word + STATE.SEGMENT_BASE] = vmcb.lo(field + 8);
  s[word + STATE.SEGMENT_BASE_HIGH] = 0;
}

/** FS, GS, LDTR or TR: the base has 64 bits. */
export function loadWideSegment(s: Int32Array, register: number, vmcb: Vmcb, field: number): void {
  const word = wordOf(register);
  loadAttributes(s, word, vmcb, field, true);
  s[word + STATE.SEGMENT_BASE] = vmcb.lo(field + 8);
  s[word + STATE.SEGMENT_BASE_HIGH] = canonicalHigh(vmcb.hi(field + 8));
}

export function saveSegment(s: Int32Array, register: number, vmcb: Vmcb, field: number): void {
  const word = wordOf(register);
  const rights = s[word + STATE.SEGMENT_ACCESS]!;
  const attributes = (rights & UNUSABLE) !== 0 ? 0 : (rights & LOW_RIGHTS) | ((rights >>> HIGH_SHIFT) & HIGH_RIGHTS);
  vmcb.set(field, (s[word + STATE.SEGMENT_SELECTOR]! & 0xffff) | (attributes << 16), s[word + STATE.SEGMENT_LIMIT]!);
  vmcb.set(field + 8, s[word + STATE.SEGMENT_BASE]!, s[word + STATE.SEGMENT_BASE_HIGH]!);
}

/** GDTR or IDTR. */
export function loadTable(s: Int32Array, word: number, vmcb: Vmcb, field: number): void {
  s[word] = vmcb.lo(field + 8);
  s[word + 1] = canonicalHigh(vmcb.hi(field + 8));
  s[word + 2] = vmcb.hi(field) & 0xffff;
}

export function saveTable(s: Int32Array, word: number, vmcb: Vmcb, field: number): void {
  vmcb.set(field, 0, s[word + 2]!);
  vmcb.set(field + 8, s[word]!, s[word + 1]!);
}

/** The segments that VMRUN and #VMEXIT switch, with their fields. */
export const SWITCHED_SEGMENTS: readonly (readonly [register: number, field: number])[] = [
  [STATE.ES, F.ES],
  [STATE.CS, F.CS],
  [STATE.SS, F.SS],
  [STATE.DS, F.DS],
];
