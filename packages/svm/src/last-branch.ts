import { msrWord } from "@hvdiff/cpu";
import { MSRS } from "@hvdiff/spec";
import * as F from "./fields.ts";
import { loadPair, savePair } from "./register-state.ts";
import type { Vmcb } from "./vmcb.ts";

/** DebugCtl and the last-branch records, with their fields (APM 2 "LBR Virtualization"). */
const RECORDS: readonly (readonly [word: number, field: number])[] = [
  [msrWord(MSRS.IA32_DEBUGCTL.address)!, F.DBGCTL],
  [msrWord(MSRS.LASTBRANCHFROMIP.address)!, F.BR_FROM],
  [msrWord(MSRS.LASTBRANCHTOIP.address)!, F.BR_TO],
  [msrWord(MSRS.LASTEXCEPTIONFROMIP.address)!, F.LAST_EXCP_FROM],
  [msrWord(MSRS.LASTEXCEPTIONTOIP.address)!, F.LAST_EXCP_TO],
];
const PAT = msrWord(MSRS.IA32_PAT.address)!;

/** Puts the running last-branch records into one area and takes those of another. */
export function switchLastBranch(s: Int32Array, from: Vmcb, to: Vmcb): void {
  for (const [word, field] of RECORDS) {
    savePair(s, word, from, field);
    loadPair(s, word, to, field);
  }
}

/** Likewise the PAT, which nested paging gives the guest for its own. */
export function switchPat(s: Int32Array, from: Vmcb, to: Vmcb): void {
  savePair(s, PAT, from, F.G_PAT);
  loadPair(s, PAT, to, F.G_PAT);
}
