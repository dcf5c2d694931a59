import { MSRS } from "@hvdiff/spec";
import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";
import { msrWord } from "./system/msr-storage.ts";
import { PKRU_WORD } from "./system/xsave-components.ts";

/** Words that `noteTranslationRights` writes. */
export const TRANSLATION_RIGHTS_WORDS = 3;

// PG WP; PSE PAE PGE LA57 SMEP SMAP PKE CET PKS; LMA NXE: no two have the same place.
const CR0_BITS = (1 << 31) | (1 << 16);
const CR4_BITS = 0x01f0_10b0;
const EFER_BITS = (1 << 10) | (1 << 11);
const PKRS_WORD = msrWord(MSRS.IA32_PKRS.address)!;

function modeOf(s: Int32Array): number {
  return (s[S.CR0]! & CR0_BITS) | (s[S.CR4]! & CR4_BITS) | (s[S.EFER]! & EFER_BITS);
}

/** Notes what decides, beside paging structures, what remembered translations allow: they hold the outcome, not the reasons. */
export function noteTranslationRights({ s }: Processor, at: number): void {
  s[at] = modeOf(s);
  s[at + 1] = s[PKRU_WORD]!;
  s[at + 2] = s[PKRS_WORD]!;
}

/** Whether that is still as it was noted. */
export function hasTranslationRights({ s }: Processor, at: number): boolean {
  return s[at] === modeOf(s) && s[at + 1] === s[PKRU_WORD]! && s[at + 2] === s[PKRS_WORD]!;
}
