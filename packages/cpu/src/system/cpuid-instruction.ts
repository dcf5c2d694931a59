import { MSRS } from "@hvdiff/spec";
import { INTERCEPT } from "../intercepts.ts";
import type { CpuidEntry } from "../models/model.ts";
import { type Executor, STATUS_NEXT } from "../op.ts";
import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { CR4_OSXSAVE, CR4_PKE } from "./control-bits.ts";
import { intercepted } from "./exceptions.ts";
import { cpuidEntry } from "./features.ts";
import { storedMsr } from "./msr-storage.ts";
import { compactedLayout, enabledXcr0, standardSize } from "./xsave-components.ts";

const OSXSAVE = 1 << 27;
const OSPKE = 1 << 4;
const APIC = 1 << 9;
const APIC_GLOBAL_ENABLE = 0x800n;
const EXTENDED = 0x8000_0000;
const HYPERVISOR = 0x4000_0000;

/** Leaves that look at ECX. */
const LEAVES_WITH_SUBLEAVES = new Set([
  0x4, 0x7, 0xb, 0xd, 0xf, 0x10, 0x12, 0x14, 0x17, 0x18, 0x1a, 0x1b, 0x1d, 0x1f, 0x20, 0x24, 0x8000_001d,
]);

type Answer = { eax: number; ebx: number; ecx: number; edx: number };
type Dynamic = (c: Processor, answer: Answer, subleaf: number) => void;

function setBit(value: number, bit: number, on: boolean): number {
  return on ? value | bit : value & ~bit;
}

function extendedTopologyDynamic(c: Processor, answer: Answer, subleaf: number): void {
  answer.ecx = (answer.ecx & ~0xff) | (subleaf & 0xff);
  answer.edx = c.apicId;
}

/** What depends on the moment: by leaf. SDM 2A "CPUID-CPU Identification". */
const DYNAMIC: ReadonlyMap<number, Dynamic> = new Map<number, Dynamic>([
  [
    1,
    (c, answer) => {
      answer.ebx = (answer.ebx & 0xffffff) | (c.apicId << 24);
      answer.ecx = setBit(answer.ecx, OSXSAVE, (c.s[S.CR4]! & CR4_OSXSAVE) !== 0);
      const enabled = (storedMsr(c, MSRS.IA32_APIC_BASE.address) & APIC_GLOBAL_ENABLE) !== 0n;
      if (!enabled) answer.edx &= ~APIC;
    },
  ],
  [
    7,
    (c, answer, subleaf) => {
      if (subleaf === 0) answer.ecx = setBit(answer.ecx, OSPKE, (c.s[S.CR4]! & CR4_PKE) !== 0);
    },
  ],
  [
    0x8000_001e,
    (c, answer) => {
      answer.eax = c.apicId;
    },
  ],
  [0xb, extendedTopologyDynamic],
  [0x1f, extendedTopologyDynamic],
  [
    0xd,
    (c, answer, subleaf) => {
      // EBX is a size only where the model has the leaf (and, for sub-leaf 1, compaction).
      if (answer.eax === 0) return;
      if (subleaf === 0) answer.ebx = standardSize(c, enabledXcr0(c));
      if (subleaf === 1 && (answer.eax & 10) !== 0)
        answer.ebx = compactedLayout(c, enabledXcr0(c) | c.get64(S.XSS)).size;
    },
  ],
]);

/** The leaf that answers for `leaf`: Intel processors answer beyond the last with the highest basic leaf. */
function effectiveLeaf(c: Processor, leaf: number): number | undefined {
  // The range that hypervisors answer in; silicon has nothing there.
  if (leaf >= HYPERVISOR && leaf < EXTENDED && cpuidEntry(c.model, leaf, 0) !== undefined) return leaf;
  const isExtended = leaf >= EXTENDED;
  const highest = cpuidEntry(c.model, isExtended ? EXTENDED : 0, 0)?.eax ?? 0;
  if (leaf <= highest >>> 0) return leaf;
  return c.model.vendor === "intel" ? cpuidEntry(c.model, 0, 0)?.eax : undefined;
}

/** CPUID's answer with the dynamic bits of the moment; all values are signed 32-bit words. */
export function readCpuid(c: Processor, leaf: number, subleaf: number): Answer {
  const effective = effectiveLeaf(c, leaf >>> 0);
  const none: Answer = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
  if (effective === undefined) return none;
  const found: CpuidEntry | undefined = cpuidEntry(
    c.model,
    effective,
    LEAVES_WITH_SUBLEAVES.has(effective) ? subleaf >>> 0 : 0,
  );
  const answer = found === undefined ? none : { eax: found.eax, ebx: found.ebx, ecx: found.ecx, edx: found.edx };
  if (found !== undefined || effective === 0xb || effective === 0x1f)
    DYNAMIC.get(effective)?.(c, answer, subleaf >>> 0);
  return answer;
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

const cpuid: Executor = (c, i) => {
  const status = intercepted(c, i, INTERCEPT.cpuid);
  if (status !== STATUS_NEXT) return status;
  const leaf = c.s[S.GPR]!;
  const subleaf = c.s[S.GPR + 2]!;
  const { eax, ebx, ecx, edx } = readCpuid(c, leaf, subleaf);
  for (const [register, value] of [
    [0, eax],
    [3, ebx],
    [1, ecx],
    [2, edx],
  ] as const) {
    c.s[S.GPR + register * 2] = value;
    c.s[S.GPR + register * 2 + 1] = 0;
  }
  c.trace?.event("cpuid", {
    leaf: hex(leaf),
    ...(LEAVES_WITH_SUBLEAVES.has(leaf >>> 0) ? { subleaf: hex(subleaf) } : {}),
    eax: hex(eax),
    ebx: hex(ebx),
    ecx: hex(ecx),
    edx: hex(edx),
  });
  return STATUS_NEXT;
};

/** CPUID. */
export const CPUID_INSTRUCTION: Readonly<Record<string, Executor>> = { cpuid };
