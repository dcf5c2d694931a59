import { msrWord, STATE } from "@hvdiff/cpu";
import { type MsrName, msrAddress } from "@hvdiff/spec";
import { F } from "./fields.ts";

/** MSRs that silicon holds for the guest between exits: L0 does not use them itself. */
export const HARDWARE_MSRS = [
  "IA32_STAR",
  "IA32_LSTAR",
  "IA32_CSTAR",
  "IA32_FMASK",
  "IA32_KERNEL_GS_BASE",
  "IA32_TSC_AUX",
  "IA32_PKRS",
  "IA32_U_CET",
  "IA32_S_CET",
  "IA32_PL0_SSP",
  "IA32_PL1_SSP",
  "IA32_PL2_SSP",
  "IA32_PL3_SSP",
  "IA32_INTERRUPT_SSP_TABLE_ADDR",
] as const;

/** MSRs that live in the guest-state area: storage word in the register file, and field. */
export const FIELD_MSRS = [
  ["IA32_SYSENTER_CS", F.guestIa32SysenterCs],
  ["IA32_SYSENTER_ESP", F.guestIa32SysenterEsp],
  ["IA32_SYSENTER_EIP", F.guestIa32SysenterEip],
  ["IA32_PAT", F.guestIa32Pat],
  ["IA32_DEBUGCTL", F.guestIa32Debugctl],
] as const;

/** State word of an MSR with storage of its own. */
export function storageOf(name: MsrName): number {
  const word = msrWord(msrAddress(name));
  if (word === undefined) throw new Error(`${name} has no storage in the register file`);
  return word;
}

/** State words of the FS and GS bases, which are MSRs too. */
export const FS_BASE = STATE.SEGMENTS + STATE.FS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_BASE;
export const GS_BASE = STATE.SEGMENTS + STATE.GS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_BASE;
/** Fields of the PAE page-directory-pointer-table entries. */
export const PDPTES = [F.guestPdpte0, F.guestPdpte1, F.guestPdpte2, F.guestPdpte3] as const;

/** Registers that VMX does not switch: the guest's stay in silicon. */
export const SHARED_WORDS = [STATE.XCR0, STATE.XSS, STATE.CR2, STATE.SSP].flatMap((word) => [word, word + 1]);

/** Selector, base, limit and access rights of ES CS SS DS FS GS LDTR TR. */
export const SEGMENT_FIELDS = [
  [F.guestEsSelector, F.guestEsBase, F.guestEsLimit, F.guestEsAccessRights],
  [F.guestCsSelector, F.guestCsBase, F.guestCsLimit, F.guestCsAccessRights],
  [F.guestSsSelector, F.guestSsBase, F.guestSsLimit, F.guestSsAccessRights],
  [F.guestDsSelector, F.guestDsBase, F.guestDsLimit, F.guestDsAccessRights],
  [F.guestFsSelector, F.guestFsBase, F.guestFsLimit, F.guestFsAccessRights],
  [F.guestGsSelector, F.guestGsBase, F.guestGsLimit, F.guestGsAccessRights],
  [F.guestLdtrSelector, F.guestLdtrBase, F.guestLdtrLimit, F.guestLdtrAccessRights],
  [F.guestTrSelector, F.guestTrBase, F.guestTrLimit, F.guestTrAccessRights],
] as const;
