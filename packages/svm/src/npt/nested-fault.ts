import { VMEXIT_CODES } from "@hvdiff/spec";
import { highHalf, lowHalf } from "../address.ts";
import type { SvmCore } from "../core.ts";
import { makeExit } from "../exit/exit.ts";
import { NPF_FETCH } from "./nested-walk.ts";

// Bits 32 and 33 of EXITINFO1.
const FINAL_ADDRESS = 1;
const TABLE_WALK = 2;

/** #VMEXIT for a nested page fault (APM 2 "Nested versus Guest Page Faults, Fault Ordering"). */
export function exitForNestedFault(core: SvmCore, gpa: number, error: number, walk: boolean): void {
  const information = core.information
    .begin(VMEXIT_CODES.NPF.code)
    .first(error, walk ? TABLE_WALK : FINAL_ADDRESS)
    .second(lowHalf(gpa), highHalf(gpa));
  information.fetchesBytes = !walk && (error & NPF_FETCH) === 0;
  makeExit(core);
}
