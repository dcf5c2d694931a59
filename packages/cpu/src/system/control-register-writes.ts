import type { CpuidFeature } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ, STAGE2_EXIT } from "../virtualization.ts";
import * as B from "./control-bits.ts";
import { GP } from "./exceptions.ts";
import { hasFeature } from "./features.ts";

const CR0_EXISTING =
  B.CR0_PE | B.CR0_MP | B.CR0_EM | B.CR0_TS | B.CR0_NE | B.CR0_WP | B.CR0_AM | B.CR0_NW | B.CR0_CD | B.CR0_PG;
const FIXED_CR0 = 0x486;
const FIXED_CR4 = 0x488;
const PDPTE_RESERVED_LOW = 0x1e6;
const CS_RIGHTS = S.SEGMENTS + S.CS * S.SEGMENT_STRIDE + S.SEGMENT_ACCESS;
const RIGHTS_LONG = 1 << 13;

/** CR4 bits in order of their numbers with the feature that brings them; null: always there. */
const CR4_FEATURES: readonly (readonly [number, CpuidFeature | null])[] = [
  [0, "vme"],
  [1, "vme"],
  [2, "tsc"],
  [3, "de"],
  [4, "pse"],
  [5, "pae"],
  [6, "mce"],
  [7, "pge"],
  [8, null],
  [9, "fxsr"],
  [10, "sse"],
  [11, "umip"],
  [12, "la57"],
  [13, "vmx"],
  [14, "smx"],
  [16, "fsgsbase"],
  [17, "pcid"],
  [18, "xsave"],
  [20, "smep"],
  [21, "smap"],
  [22, "pku"],
  [23, "cet-ss"],
  [24, "pks"],
];

/** CR4 bits that the silicon supports. */
export function supportedCr4(c: Processor): number {
  let mask = 0;
  for (const [bit, feature] of CR4_FEATURES) if (feature === null || hasFeature(c, feature)) mask |= 1 << bit;
  return mask;
}

/** Bits that VMX operation fixes (SDM 3D "VMX-Fixed Bits in CR0"), but for `exempt` ones. */
function obeysFixedBits(c: Processor, value: number, msr: number, exempt: number): boolean {
  if (c.s[S.VIRTUALIZATION_MODE] === B.MODE_NONE) return true;
  const ones = c.model.msrs.get(msr);
  const mayBeOne = c.model.msrs.get(msr + 1);
  if (ones === undefined || mayBeOne === undefined) return true;
  const must = Number(BigInt.asIntN(32, ones)) & ~exempt;
  return (value & must) === must && (value & ~Number(BigInt.asIntN(32, mayBeOne))) === 0;
}

function exemptCr0(c: Processor): number {
  const free = c.s[S.VIRTUALIZATION_MODE] === B.MODE_GUEST && c.extension?.unrestrictedGuest?.() === true;
  return free ? B.CR0_PE | B.CR0_PG : 0;
}

/** Combinations that MOV to CR0 refuses (SDM 2B "MOV-Move to/from Control Registers"). */
function isLegalCr0(c: Processor, value: number): boolean {
  const s = c.s;
  if ((value & B.CR0_PG) !== 0 && (value & B.CR0_PE) === 0) return false;
  if ((value & B.CR0_NW) !== 0 && (value & B.CR0_CD) === 0) return false;
  if ((value & B.CR0_WP) === 0 && (s[S.CR4]! & B.CR4_CET) !== 0) return false;
  if (!obeysFixedBits(c, value, FIXED_CR0, exemptCr0(c))) return false;
  const turnsOn = (value & ~s[S.CR0]! & B.CR0_PG) !== 0;
  const turnsOff = (s[S.CR0]! & ~value & B.CR0_PG) !== 0;
  if (turnsOn && (s[S.EFER]! & B.EFER_LME) !== 0)
    return (s[S.CR4]! & B.CR4_PAE) !== 0 && (s[CS_RIGHTS]! & RIGHTS_LONG) === 0;
  if (turnsOff) return !c.in64BitMode && (s[S.CR4]! & B.CR4_PCIDE) === 0;
  return true;
}

/** Writes CR0 with all checks and consequences. False when a fault is pending. */
export function writeCr0(c: Processor, low: number, high: number): boolean {
  const s = c.s;
  const old = s[S.CR0]!;
  const mask = s[S.CR0_MASK]!;
  const wanted = (low & CR0_EXISTING & ~mask) | (old & mask) | B.CR0_ET;
  if (high !== 0 || !isLegalCr0(c, wanted)) return refuse(c);
  const changed = old ^ wanted;
  const longNext = (wanted & B.CR0_PG) !== 0 && (s[S.EFER]! & B.EFER_LME) !== 0;
  const paeNext = (wanted & B.CR0_PG) !== 0 && !longNext && (s[S.CR4]! & B.CR4_PAE) !== 0;
  if (paeNext && (changed & (B.CR0_PG | B.CR0_CD | B.CR0_NW)) !== 0 && !loadPdptes(c, s[S.CR3]!)) return false;
  s[S.CR0] = wanted;
  s[S.EFER] = longNext ? s[S.EFER]! | B.EFER_LMA : s[S.EFER]! & ~B.EFER_LMA;
  if ((changed & (B.CR0_PG | B.CR0_WP | B.CR0_PE)) !== 0) c.mmu.flushContext(s[S.TLB_CONTEXT]!);
  c.translationChanged();
  return true;
}

function refuse(c: Processor): false {
  c.raise(GP, 0);
  return false;
}

function isLegalCr4(c: Processor, value: number): boolean {
  const s = c.s;
  if ((value & ~supportedCr4(c)) !== 0 || !obeysFixedBits(c, value, FIXED_CR4, 0)) return false;
  const set = value & ~s[S.CR4]!;
  const changed = value ^ s[S.CR4]!;
  const longMode = (s[S.EFER]! & B.EFER_LMA) !== 0;
  if ((set & B.CR4_PCIDE) !== 0 && (!longMode || (s[S.CR3]! & 0xfff) !== 0)) return false;
  if (longMode && ((value & B.CR4_PAE) === 0 || (changed & B.CR4_LA57) !== 0)) return false;
  return (value & B.CR4_CET) === 0 || (s[S.CR0]! & B.CR0_WP) !== 0;
}

const CR4_TRANSLATION =
  B.CR4_PSE | B.CR4_PAE | B.CR4_PGE | B.CR4_LA57 | B.CR4_PCIDE | B.CR4_SMEP | B.CR4_SMAP | B.CR4_PKE | B.CR4_PKS;

/** Writes CR4 with all checks and consequences. False when a fault is pending. */
export function writeCr4(c: Processor, low: number, high: number): boolean {
  const s = c.s;
  const mask = s[S.CR4_MASK]!;
  const wanted = (low & ~mask) | (s[S.CR4]! & mask);
  if (high !== 0 || !isLegalCr4(c, wanted)) return refuse(c);
  const changed = wanted ^ s[S.CR4]!;
  const paeNext = (wanted & B.CR4_PAE) !== 0 && (s[S.CR0]! & B.CR0_PG) !== 0 && (s[S.EFER]! & B.EFER_LMA) === 0;
  const reloads = changed & (B.CR4_PAE | B.CR4_PGE | B.CR4_PSE | B.CR4_SMEP);
  if (paeNext && reloads !== 0 && !loadPdptes(c, s[S.CR3]!)) return false;
  s[S.CR4] = wanted;
  if ((changed & CR4_TRANSLATION) !== 0) c.mmu.flushContext(s[S.TLB_CONTEXT]!);
  c.translationChanged();
  return true;
}

/** Writes CR3 with all checks and consequences. False when a fault is pending. */
export function writeCr3(c: Processor, low: number, high: number): boolean {
  const s = c.s;
  const longMode = (s[S.EFER]! & B.EFER_LMA) !== 0;
  const usesPcid = (s[S.CR4]! & B.CR4_PCIDE) !== 0;
  const kept = usesPcid ? high & 0x7fffffff : high;
  if (isBeyondPhysical(c, kept)) return refuse(c);
  const usesPae = !longMode && (s[S.CR4]! & B.CR4_PAE) !== 0 && (s[S.CR0]! & B.CR0_PG) !== 0;
  if (usesPae && !loadPdptes(c, low)) return false;
  s[S.CR3] = low;
  s[S.CR3 + 1] = kept;
  // Translations carry no PCID, so that a new address space always starts cold; bit 63 only promises less.
  c.mmu.flushNonGlobal();
  c.translationChanged();
  return true;
}

/** CR3 of a new task: outside IA-32e mode and only with paging on. */
export function writeCr3ForTask(c: Processor, value: number): boolean {
  if ((c.s[S.CR0]! & B.CR0_PG) === 0 || c.s[S.CR3] === value) return true;
  return writeCr3(c, value, 0);
}

/** Whether the high half of a physical address has bits above MAXPHYADDR. */
export function isBeyondPhysical(c: Processor, high: number): boolean {
  return c.model.maxPhysicalAddress >= 64 ? false : high >>> 0 >= 2 ** (c.model.maxPhysicalAddress - 32);
}

/** Loads the four PDPTE registers of PAE paging (SDM 3A "PDPTE Registers"). False when a fault is pending or an exit was made. */
export function loadPdptes(c: Processor, cr3: number): boolean {
  if (c.secondStage?.walksPdptes) return true;
  const loaded: number[] = [];
  for (let n = 0; n < 4; n++) {
    const at = guestPhysical(c, ((cr3 & ~31) >>> 0) + n * 8);
    if (at < 0) return false;
    const low = c.memory.read32(at);
    const high = c.memory.read32(at + 4);
    if ((low & 1) !== 0 && ((low & PDPTE_RESERVED_LOW) !== 0 || isBeyondPhysical(c, high))) return refuse(c);
    loaded.push(low, high);
  }
  loaded.forEach((word, n) => {
    c.s[S.PDPTE + n] = word;
  });
  return true;
}

/** Where a guest-physical address of the processor's own access lies; -1 after a second-stage exit. */
function guestPhysical(c: Processor, address: number): number {
  if (c.secondStage === null) return address;
  c.mmu.linear.valid = false;
  const at = c.secondStage.translate(address, ACCESS_READ, true, c.mmu.linear);
  if (at !== STAGE2_EXIT) return at;
  if (c.fault === 0) c.noteExit();
  return -1;
}
