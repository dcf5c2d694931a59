import { MSRS } from "@hvdiff/spec";
import type { WalkState } from "./page-walk.ts";
import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";
import { msrWord } from "./system/msr-storage.ts";
import { PKRU_WORD } from "./system/xsave-components.ts";
import { overridesSmap } from "./tlb-part.ts";
import { ACCESS_FETCH, ACCESS_READ, ACCESS_WRITE } from "./virtualization.ts";

const CR0_WP = 1 << 16;
const CR4_SMEP = 1 << 20;
const CR4_SMAP = 1 << 21;
const CR4_PKE = 1 << 22;
const CR4_PKS = 1 << 24;
const EFER_LMA = 1 << 10;
const WRITE = 2;
const DIRTY = 1 << 6;

/** The two bits of PKRU and IA32_PKRS for each key. */
const KEY_ACCESS_DISABLE = 1;
const KEY_WRITE_DISABLE = 2;
const PKRS_WORD = msrWord(MSRS.IA32_PKRS.address)!;

/** What the protection key of the page forbids data accesses: `KEY_*` bits (SDM 3A "Protection Keys"). */
function keyRights(c: Processor, w: WalkState): number {
  const s = c.s;
  if ((s[S.CR4]! & (w.userPage ? CR4_PKE : CR4_PKS)) === 0 || (s[S.EFER]! & EFER_LMA) === 0) return 0;
  const register = s[w.userPage ? PKRU_WORD : PKRS_WORD]!;
  return (register >>> (2 * ((w.entryHigh >>> 27) & 15))) & 3;
}

/** Whether a write that the key's WD bit forbids is one that obeys it: CR0.WP frees supervisor accesses from it. */
function obeysKeyOnWrites(c: Processor, w: WalkState): boolean {
  return w.user || (c.s[S.CR0]! & CR0_WP) !== 0;
}

/** Whether the key of the page denies the access, which sets PK in the error code. */
export function keyDenies(c: Processor, w: WalkState): boolean {
  if (w.access === ACCESS_FETCH) return false;
  const rights = keyRights(c, w);
  if ((rights & KEY_ACCESS_DISABLE) !== 0) return true;
  return (rights & KEY_WRITE_DISABLE) !== 0 && w.access === ACCESS_WRITE && obeysKeyOnWrites(c, w);
}

/** SMAP keeps supervisors from the data of user pages unless RFLAGS.AC is set. */
function smapDenies(c: Processor, w: WalkState): boolean {
  return !w.user && w.userPage && (c.s[S.CR4]! & CR4_SMAP) !== 0 && !overridesSmap(c);
}

/** A shadow-stack page is read-only and dirty, below tables that allow writes (SDM 3A "Shadow Stacks and Paging"). */
function isShadowStack(w: WalkState): boolean {
  return w.tablesWritable && (w.entryLow & (WRITE | DIRTY)) === DIRTY;
}

/** Whether the rights of the page allow the access (SDM 3A "Determination of Access Rights"). */
export function isAllowed(c: Processor, w: WalkState): boolean {
  const s = c.s;
  if (keyDenies(c, w)) return false;
  if (w.shadow) return isShadowStack(w) && w.userPage === w.user;
  if (w.user) {
    if (!w.userPage) return false;
    return w.access === ACCESS_FETCH ? w.executable : w.access === ACCESS_READ || w.writable;
  }
  if (w.access === ACCESS_FETCH) return w.executable && !(w.userPage && (s[S.CR4]! & CR4_SMEP) !== 0);
  if (smapDenies(c, w)) return false;
  return w.access === ACCESS_READ || w.writable || (s[S.CR0]! & CR0_WP) === 0;
}

/** Whether any load of the walk's privilege may read the page. */
export function readableNow(c: Processor, w: WalkState): boolean {
  return (keyRights(c, w) & KEY_ACCESS_DISABLE) === 0 && !smapDenies(c, w);
}

/** Whether any store of the walk's privilege may write a page that loads may read. */
export function writableNow(c: Processor, w: WalkState): boolean {
  if ((keyRights(c, w) & KEY_WRITE_DISABLE) !== 0 && obeysKeyOnWrites(c, w)) return false;
  return w.writable || (!w.user && (c.s[S.CR0]! & CR0_WP) === 0);
}
