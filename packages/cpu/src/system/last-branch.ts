import { MSRS } from "@hvdiff/spec";
import type { Op } from "../op.ts";
import type { Processor } from "../processor.ts";
import { RIP } from "../state-layout.ts";
import { msrWord } from "./msr-storage.ts";

const DEBUGCTL = msrWord(MSRS.IA32_DEBUGCTL.address)!;
const LBR = 1;
const BRANCH_FROM = msrWord(MSRS.LASTBRANCHFROMIP.address)!;
const BRANCH_TO = msrWord(MSRS.LASTBRANCHTOIP.address)!;
const EXCEPTION_FROM = msrWord(MSRS.LASTEXCEPTIONFROMIP.address)!;

/** Whether control transfers are recorded: on processors whose records are the four MSRs of AMD (APM 2 "Control-Transfer Recording"). */
export function recordsBranches(c: Processor): boolean {
  return (c.s[DEBUGCTL]! & LBR) !== 0 && c.model.vendor === "amd";
}

function record(s: Int32Array, fromLow: number, fromHigh: number): void {
  s[BRANCH_FROM] = fromLow;
  s[BRANCH_FROM + 1] = fromHigh;
  s[BRANCH_TO] = s[RIP]!;
  s[BRANCH_TO + 1] = s[RIP + 1]!;
}

/** A branch has been taken to where RIP is now. */
export function recordBranch(s: Int32Array, op: Op): void {
  record(s, op.ripLow, op.ripHigh);
}

/** An event has been delivered to where RIP is now: the last branch before it is kept in the exception's records. */
export function recordDelivery(s: Int32Array, fromLow: number, fromHigh: number): void {
  s.copyWithin(EXCEPTION_FROM, BRANCH_FROM, BRANCH_TO + 2);
  record(s, fromLow, fromHigh);
}
