import { MSRS } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import { MSR_STORAGE, VMX_STATE } from "../state-layout.ts";

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, n) => first + n);
}

/** MSRs with storage of their own; the order is that of their slots in the state. */
export const STORED_MSRS: readonly number[] = [
  MSRS.IA32_APIC_BASE.address,
  MSRS.IA32_FEATURE_CONTROL.address,
  MSRS.IA32_TSC_ADJUST.address,
  MSRS.IA32_SPEC_CTRL.address,
  MSRS.IA32_BIOS_SIGN_ID.address,
  MSRS.IA32_SMM_MONITOR_CTL.address,
  ...range(MSRS.IA32_PMC0.address, 8),
  MSRS.IA32_UMWAIT_CONTROL.address,
  MSRS.IA32_MPERF.address,
  MSRS.IA32_APERF.address,
  MSRS.IA32_TSX_CTRL.address,
  MSRS.MSR_MISC_FEATURE_ENABLES.address,
  ...range(MSRS.IA32_SYSENTER_CS.address, 3),
  MSRS.IA32_MCG_STATUS.address,
  MSRS.IA32_MCG_CTL.address,
  ...range(MSRS.IA32_PERFEVTSEL0.address, 8),
  MSRS.IA32_PERF_CTL.address,
  MSRS.IA32_CLOCK_MODULATION.address,
  MSRS.IA32_THERM_INTERRUPT.address,
  MSRS.IA32_THERM_STATUS.address,
  MSRS.IA32_MISC_ENABLE.address,
  MSRS.IA32_ENERGY_PERF_BIAS.address,
  MSRS.IA32_DEBUGCTL.address,
  MSRS.IA32_DS_AREA.address,
  ...range(MSRS.IA32_MTRR_PHYSBASE0.address, 20),
  MSRS.IA32_MTRR_FIX64K_00000.address,
  ...range(MSRS.IA32_MTRR_FIX16K_80000.address, 2),
  ...range(MSRS.IA32_MTRR_FIX4K_C0000.address, 8),
  MSRS.IA32_PAT.address,
  MSRS.IA32_MTRR_DEF_TYPE.address,
  ...range(MSRS.IA32_FIXED_CTR0.address, 4),
  MSRS.IA32_FIXED_CTR_CTRL.address,
  MSRS.IA32_PERF_GLOBAL_STATUS.address,
  MSRS.IA32_PERF_GLOBAL_CTRL.address,
  ...range(MSRS.IA32_MC0_CTL.address, 16),
  MSRS.IA32_U_CET.address,
  MSRS.IA32_S_CET.address,
  ...range(MSRS.IA32_PL0_SSP.address, 5),
  MSRS.IA32_PKRS.address,
  MSRS.IA32_BNDCFGS.address,
  MSRS.IA32_STAR.address,
  MSRS.IA32_LSTAR.address,
  MSRS.IA32_CSTAR.address,
  MSRS.IA32_FMASK.address,
  MSRS.IA32_KERNEL_GS_BASE.address,
  MSRS.IA32_TSC_AUX.address,
  ...range(MSRS.LASTBRANCHFROMIP.address, 4),
  MSRS.TSC_RATIO.address,
  ...range(MSRS.PERF_EVTSEL0.address, 4),
  ...range(MSRS.PERF_CTR0.address, 4),
  MSRS.SYSCFG.address,
  MSRS.HWCR.address,
  MSRS.TOP_MEM.address,
  MSRS.TOP_MEM2.address,
  MSRS.NB_CFG.address,
  MSRS.INT_PENDING.address,
  ...range(MSRS.SMM_BASE.address, 3),
  MSRS.VM_CR.address,
  MSRS.IGNNE.address,
  MSRS.VM_HSAVE_PA.address,
  MSRS.SVM_KEY.address,
  ...range(MSRS.OSVW_ID_LENGTH.address, 2),
  MSRS.DE_CFG.address,
];

const SLOTS = new Map(STORED_MSRS.map((address, n) => [address, MSR_STORAGE + 2 * n]));

if (MSR_STORAGE + 2 * STORED_MSRS.length > VMX_STATE) throw new Error("MSR storage overflows its part of the state");

/** State word of an MSR with storage of its own. */
export function msrWord(address: number): number | undefined {
  return SLOTS.get(address);
}

/** The stored value of an MSR, which must be in `STORED_MSRS`. */
export function storedMsr(c: Processor, address: number): bigint {
  return c.get64(SLOTS.get(address)!);
}

export function storeMsr(c: Processor, address: number, value: bigint): void {
  c.set64(SLOTS.get(address)!, value);
}

const PAT_AT_RESET = 0x0007_0406_0007_0406n;
const APIC_BASE_AT_RESET = 0xfee0_0800n;
const BOOTSTRAP_PROCESSOR = 0x100n;
/** Fast strings, performance monitoring there, neither branch trace store nor sampling, MONITOR enabled. */
const MISC_ENABLE_AT_RESET = 0x4_1881n;

const TSC_RATIO_AT_RESET = 1n << 32n;

/** MSRs that are not zero after reset (SDM 3A "Processor State After Reset"). */
export function resetMsrs(c: Processor): void {
  storeMsr(c, MSRS.IA32_PAT.address, PAT_AT_RESET);
  storeMsr(c, MSRS.IA32_APIC_BASE.address, APIC_BASE_AT_RESET | (c.apicId === 0 ? BOOTSTRAP_PROCESSOR : 0n));
  storeMsr(c, MSRS.TSC_RATIO.address, TSC_RATIO_AT_RESET);
  storeMsr(c, MSRS.IA32_MISC_ENABLE.address, MISC_ENABLE_AT_RESET);
}
