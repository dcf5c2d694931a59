import { msrWord } from "@hvdiff/cpu";
import { type MsrName, msrAddress } from "@hvdiff/spec";

/** State words of the MSRs that VM entries and exits load and save; -1 for those the processor does not have. */
export interface MsrWords {
  readonly sysenterCs: number;
  readonly sysenterEsp: number;
  readonly sysenterEip: number;
  readonly debugctl: number;
  readonly pat: number;
  readonly perfGlobalCtrl: number;
  readonly bndcfgs: number;
  readonly pkrs: number;
  readonly supervisorCet: number;
  readonly interruptSspTable: number;
  readonly featureControl: number;
}

function wordOf(name: MsrName): number {
  return msrWord(msrAddress(name)) ?? -1;
}

export function createMsrWords(): MsrWords {
  return {
    sysenterCs: wordOf("IA32_SYSENTER_CS"),
    sysenterEsp: wordOf("IA32_SYSENTER_ESP"),
    sysenterEip: wordOf("IA32_SYSENTER_EIP"),
    debugctl: wordOf("IA32_DEBUGCTL"),
    pat: wordOf("IA32_PAT"),
    perfGlobalCtrl: wordOf("IA32_PERF_GLOBAL_CTRL"),
    bndcfgs: wordOf("IA32_BNDCFGS"),
    pkrs: wordOf("IA32_PKRS"),
    supervisorCet: wordOf("IA32_S_CET"),
    interruptSspTable: wordOf("IA32_INTERRUPT_SSP_TABLE_ADDR"),
    featureControl: wordOf("IA32_FEATURE_CONTROL"),
  };
}
