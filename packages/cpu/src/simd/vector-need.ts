import type { CpuidFeature } from "@hvdiff/spec";
import type { CpuModel } from "../models/model.ts";
import type { Processor } from "../processor.ts";
import { CR0, CR4, FLAG_SYSTEM, X87_STATE, XCR0 } from "../state-layout.ts";
import { CR0_EM, CR0_NE, CR0_PE, CR0_TS, CR4_OSFXSR, CR4_OSXSAVE } from "../system/control-bits.ts";
import { MF, NM, UD } from "../system/exceptions.ts";
import { hasFeature } from "../system/features.ts";

const FLAG_VM = 1 << 17;
const SSE_AND_AVX = 6;
/** FSW.ES in the word that holds FCW and FSW. */
const ERROR_SUMMARY = 0x80 << 16;

/** What of the machine's state lets vector instructions of one encoding run, as masks that `isReady` compares. */
interface Environment {
  readonly cr0Mask: number;
  readonly cr0: number;
  readonly cr4: number;
  readonly xcr0: number;
  /** Bits of RFLAGS and of the x87 status that must be clear. */
  readonly clearFlags: number;
  readonly clearStatus: number;
}

/** How an instruction's state is guarded: general registers and memory only, MMX, SSE, both, or VEX. */
export type VectorEncoding = "plain" | "mmx" | "sse" | "sse-mmx" | "vex";

const ANY: Environment = { cr0Mask: 0, cr0: 0, cr4: 0, xcr0: 0, clearFlags: 0, clearStatus: 0 };

/** SDM 2A "Exceptions Type 1" to "Exceptions Type 8", and 3A "MMX Technology System Programming". */
const ENVIRONMENTS: Readonly<Record<VectorEncoding, Environment>> = {
  plain: ANY,
  mmx: { ...ANY, cr0Mask: CR0_EM | CR0_TS, clearStatus: ERROR_SUMMARY },
  sse: { ...ANY, cr0Mask: CR0_EM | CR0_TS, cr4: CR4_OSFXSR },
  "sse-mmx": { ...ANY, cr0Mask: CR0_EM | CR0_TS, cr4: CR4_OSFXSR, clearStatus: ERROR_SUMMARY },
  vex: {
    ...ANY,
    cr0Mask: CR0_PE | CR0_TS,
    cr0: CR0_PE,
    cr4: CR4_OSXSAVE,
    xcr0: SSE_AND_AVX,
    clearFlags: FLAG_VM,
  },
};

/** What an instruction needs to run at all. */
export interface VectorNeed extends Environment {
  readonly feature: CpuidFeature;
  /** The last model that was found to have the feature: a cache, which spares looking it up again. */
  model: CpuModel | null;
}

const known = new Map<string, VectorNeed>();

/** The need of an encoding and a CPUID feature; one object for each pair. */
export function vectorNeed(encoding: VectorEncoding, feature: CpuidFeature): VectorNeed {
  const key = `${encoding} ${feature}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const need: VectorNeed = { ...ENVIRONMENTS[encoding], feature, model: null };
  known.set(key, need);
  return need;
}

/** Whether the instruction may run. If not, #UD, #NM or #MF is pending. */
export function isReady(c: Processor, need: VectorNeed): boolean {
  const s = c.s;
  return (
    (c.model === need.model &&
      (s[CR0]! & need.cr0Mask) === need.cr0 &&
      (s[CR4]! & need.cr4) === need.cr4 &&
      (s[XCR0]! & need.xcr0) === need.xcr0 &&
      (s[FLAG_SYSTEM]! & need.clearFlags) === 0 &&
      (s[X87_STATE]! & need.clearStatus) === 0) ||
    examine(c, need)
  );
}

function isUndefined(c: Processor, need: VectorNeed): boolean {
  const s = c.s;
  const mask = need.cr0Mask & ~CR0_TS;
  return (
    !hasFeature(c, need.feature) ||
    (s[CR0]! & mask) !== (need.cr0 & mask) ||
    (s[CR4]! & need.cr4) !== need.cr4 ||
    (s[XCR0]! & need.xcr0) !== need.xcr0 ||
    (s[FLAG_SYSTEM]! & need.clearFlags) !== 0
  );
}

/** An x87 exception is pending, which MMX instructions report. */
function reportPending(c: Processor): void {
  if ((c.s[CR0]! & CR0_NE) !== 0) c.raise(MF);
  else c.stopUnimplemented("reporting an x87 exception by FERR# and IRQ 13 (CR0.NE = 0)", new Uint8Array());
}

/** The checks one by one, in their order. */
function examine(c: Processor, need: VectorNeed): boolean {
  if (isUndefined(c, need)) c.raise(UD);
  else if ((c.s[CR0]! & need.cr0Mask & CR0_TS) !== 0) c.raise(NM);
  else if ((c.s[X87_STATE]! & need.clearStatus) !== 0) reportPending(c);
  else {
    need.model = c.model;
    return true;
  }
  return false;
}
