import { type MsrName, msrAddress } from "@hvdiff/spec";
import type { CpuidEntry, CpuModel } from "./model.ts";

/** One CPUID leaf as a dump prints it: leaf, sub-leaf, EAX, EBX, ECX, EDX. */
export type CpuidRow = readonly [leaf: number, subleaf: number, eax: number, ebx: number, ecx: number, edx: number];

/** A model as its file writes it down; what follows from CPUID is derived. */
export type ModelDef = {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly cpuid: readonly CpuidRow[];
  readonly msrs: Partial<Record<MsrName, bigint>>;
};

const WIDTH_LEAF = 0x8000_0008;
const EXTENDED_FEATURE_LEAF = 0x8000_0001;
const GIGABYTE_PAGES = 1 << 26;

/** Builds an Intel silicon model out of its dump. */
export function defineIntelModel(def: ModelDef): CpuModel {
  return defineModel("intel", def);
}

/** Builds an AMD silicon model out of its dump. */
export function defineAmdModel(def: ModelDef): CpuModel {
  return defineModel("amd", def);
}

function defineModel(vendor: CpuModel["vendor"], { id, title, source, cpuid, msrs }: ModelDef): CpuModel {
  const entries = cpuid.map(toEntry);
  const eaxOf = entries.find(({ leaf }) => leaf === WIDTH_LEAF)?.eax ?? 36;
  const edxOf = entries.find(({ leaf }) => leaf === EXTENDED_FEATURE_LEAF)?.edx ?? 0;
  return {
    id,
    title,
    vendor,
    source,
    cpuid: entries,
    msrs: new Map(Object.entries(msrs).map(([name, value]) => [msrAddress(name as MsrName), value])),
    maxPhysicalAddress: eaxOf & 0xff,
    gigabytePages: (edxOf & GIGABYTE_PAGES) !== 0,
  };
}

/** Leaves 8000_0002H to 8000_0004H for a processor name of at most 48 characters. */
export function brandStringRows(name: string): CpuidRow[] {
  const padded = name.padEnd(48, "\0");
  return [0, 1, 2].map((part) => {
    const word = (index: number): number =>
      littleEndian(padded.slice(part * 16 + index * 4, part * 16 + index * 4 + 4));
    return [0x8000_0002 + part, 0, word(0), word(1), word(2), word(3)];
  });
}

function littleEndian(text: string): number {
  return [...text].reduceRight((word, letter) => ((word << 8) | letter.charCodeAt(0)) >>> 0, 0);
}

function toEntry([leaf, subleaf, eax, ebx, ecx, edx]: CpuidRow): CpuidEntry {
  return { leaf: leaf >>> 0, subleaf, eax: eax >>> 0, ebx: ebx >>> 0, ecx: ecx >>> 0, edx: edx >>> 0 };
}
