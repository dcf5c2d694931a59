import type { MsrFieldDefs } from "./msr-fields.ts";

/** IA32_APIC_BASE. */
export const APIC_BASE = {
  bootstrapProcessor: { low: 8, high: 8, title: "Processor is the bootstrap processor" },
  x2apicEnable: { low: 10, high: 10, title: "x2APIC mode" },
  apicGlobalEnable: { low: 11, high: 11, title: "Local APIC enabled" },
  base: { low: 12, high: 51, title: "Page frame of the APIC registers" },
} as const satisfies MsrFieldDefs;

/** IA32_FEATURE_CONTROL. */
export const FEATURE_CONTROL = {
  lock: { low: 0, high: 0, title: "Locked until reset" },
  vmxInsideSmx: { low: 1, high: 1, title: "VMXON allowed in SMX operation" },
  vmxOutsideSmx: { low: 2, high: 2, title: "VMXON allowed outside SMX operation" },
  senterLocal: { low: 8, high: 14, title: "SENTER local functions" },
  senterGlobal: { low: 15, high: 15, title: "SENTER global enable" },
  sgxLaunchControl: { low: 17, high: 17, title: "SGX launch control" },
  sgxGlobal: { low: 18, high: 18, title: "SGX global enable" },
  lmce: { low: 20, high: 20, title: "Local machine-check exceptions" },
} as const satisfies MsrFieldDefs;

/** IA32_SPEC_CTRL. */
export const SPEC_CTRL = {
  ibrs: { low: 0, high: 0, title: "Indirect branch restricted speculation" },
  stibp: { low: 1, high: 1, title: "Single-thread indirect branch predictors" },
  ssbd: { low: 2, high: 2, title: "Speculative store bypass disable" },
  ipredDisU: { low: 3, high: 3, title: "Indirect predictor disable at CPL 3" },
  ipredDisS: { low: 4, high: 4, title: "Indirect predictor disable below CPL 3" },
  rrsbaDisU: { low: 5, high: 5, title: "RRSBA disable at CPL 3" },
  rrsbaDisS: { low: 6, high: 6, title: "RRSBA disable below CPL 3" },
  psfd: { low: 7, high: 7, title: "Fast store forwarding predictor disable" },
  ddpdU: { low: 8, high: 8, title: "Data-dependent prefetcher disable at CPL 3" },
  bhiDisS: { low: 10, high: 10, title: "Branch history injection disable below CPL 3" },
} as const satisfies MsrFieldDefs;

/** IA32_PRED_CMD. */
export const PRED_CMD = {
  ibpb: { low: 0, high: 0, title: "Indirect branch prediction barrier" },
} as const satisfies MsrFieldDefs;

/** IA32_SMM_MONITOR_CTL. */
export const SMM_MONITOR_CTL = {
  valid: { low: 0, high: 0, title: "STM may be invoked with VMCALL" },
  vmxoffBlockSmi: { low: 2, high: 2, title: "VMXOFF leaves SMIs blocked" },
  msegBase: { low: 12, high: 31, title: "Page frame of MSEG" },
} as const satisfies MsrFieldDefs;

/** MSR_PLATFORM_INFO. */
export const PLATFORM_INFO = {
  maximumNonTurboRatio: { low: 8, high: 15, title: "Maximum non-turbo ratio" },
  cpuidFaulting: { low: 31, high: 31, title: "CPUID faulting can be enabled" },
} as const satisfies MsrFieldDefs;

/** IA32_MTRRCAP. */
export const MTRRCAP = {
  variableRangeCount: { low: 0, high: 7, title: "Number of variable-range registers" },
  fixedRange: { low: 8, high: 8, title: "Fixed-range registers exist" },
  writeCombining: { low: 10, high: 10, title: "Memory type WC allowed" },
  smrr: { low: 11, high: 11, title: "SMM range registers exist" },
} as const satisfies MsrFieldDefs;

/** IA32_MTRR_DEF_TYPE. */
export const MTRR_DEF_TYPE = {
  defaultType: { low: 0, high: 7, title: "Memory type outside all ranges" },
  fixedRangeEnable: { low: 10, high: 10, title: "Fixed ranges enabled" },
  enable: { low: 11, high: 11, title: "MTRRs enabled" },
} as const satisfies MsrFieldDefs;

/** IA32_ARCH_CAPABILITIES. */
export const ARCH_CAPABILITIES = {
  rdclNo: { low: 0, high: 0, title: "Not affected by rogue data cache load" },
  ibrsAll: { low: 1, high: 1, title: "Enhanced IBRS" },
  rsba: { low: 2, high: 2, title: "RSB may use alternate predictors" },
  skipL1dflVmentry: { low: 3, high: 3, title: "No L1D flush needed at VM entry" },
  ssbNo: { low: 4, high: 4, title: "Not affected by speculative store bypass" },
  mdsNo: { low: 5, high: 5, title: "Not affected by microarchitectural data sampling" },
  ifPschangeMcNo: { low: 6, high: 6, title: "No machine check at page-size change" },
  tsxCtrl: { low: 7, high: 7, title: "IA32_TSX_CTRL exists" },
  taaNo: { low: 8, high: 8, title: "Not affected by TSX asynchronous abort" },
  miscPackageCtls: { low: 10, high: 10, title: "IA32_MISC_PACKAGE_CTLS exists" },
  sbdrSsdpNo: { low: 13, high: 13, title: "Not affected by shared-buffer data sampling" },
  fbsdpNo: { low: 14, high: 14, title: "Not affected by fill-buffer stale data propagation" },
  psdpNo: { low: 15, high: 15, title: "Not affected by primary stale data propagation" },
  fbClear: { low: 17, high: 17, title: "VERW overwrites fill buffers" },
  fbClearCtrl: { low: 18, high: 18, title: "Overwriting can be disabled" },
  rrsba: { low: 19, high: 19, title: "Restricted RSB alternate behaviour" },
  bhiNo: { low: 20, high: 20, title: "Not affected by branch history injection" },
  xapicDisableStatus: { low: 21, high: 21, title: "IA32_XAPIC_DISABLE_STATUS exists" },
  pbrsbNo: { low: 24, high: 24, title: "Not affected by post-barrier RSB" },
  gdsCtrl: { low: 25, high: 25, title: "Gather-data-sampling mitigation can be disabled" },
  gdsNo: { low: 26, high: 26, title: "Not affected by gather data sampling" },
  rfdsNo: { low: 27, high: 27, title: "Not affected by register-file data sampling" },
  rfdsClear: { low: 28, high: 28, title: "VERW clears register files" },
} as const satisfies MsrFieldDefs;

/** IA32_MISC_ENABLE. */
export const MISC_ENABLE = {
  fastStrings: { low: 0, high: 0, title: "Fast-string operation" },
  automaticThermalControl: { low: 3, high: 3, title: "Automatic thermal control" },
  performanceMonitoringAvailable: { low: 7, high: 7, title: "Performance monitoring available" },
  btsUnavailable: { low: 11, high: 11, title: "Branch trace storage unavailable" },
  pebsUnavailable: { low: 12, high: 12, title: "Processor event based sampling unavailable" },
  enhancedSpeedStep: { low: 16, high: 16, title: "Enhanced SpeedStep" },
  monitorFsm: { low: 18, high: 18, title: "MONITOR and MWAIT enabled" },
  limitCpuidMaxval: { low: 22, high: 22, title: "CPUID leaves limited to 3" },
  xtprMessageDisable: { low: 23, high: 23, title: "xTPR messages disabled" },
  xdBitDisable: { low: 34, high: 34, title: "Execute-disable bit unavailable" },
} as const satisfies MsrFieldDefs;

/** IA32_DEBUGCTL. */
export const DEBUGCTL = {
  lbr: { low: 0, high: 0, title: "Last-branch recording" },
  btf: { low: 1, high: 1, title: "Single-step on branches" },
  busLockDetect: { low: 2, high: 2, title: "Bus-lock detection" },
  tr: { low: 6, high: 6, title: "Branch trace messages" },
  bts: { low: 7, high: 7, title: "Branch trace store" },
  btint: { low: 8, high: 8, title: "Interrupt on full branch trace buffer" },
  btsOffOs: { low: 9, high: 9, title: "No branch trace store at CPL 0" },
  btsOffUsr: { low: 10, high: 10, title: "No branch trace store above CPL 0" },
  freezeLbrsOnPmi: { low: 11, high: 11, title: "LBR frozen by PMI" },
  freezePerfmonOnPmi: { low: 12, high: 12, title: "Counters frozen by PMI" },
  enableUncorePmi: { low: 13, high: 13, title: "Uncore PMIs enabled" },
  freezeWhileSmm: { low: 14, high: 14, title: "Counters and tracing frozen in SMM" },
  rtmDebug: { low: 15, high: 15, title: "RTM debugging" },
} as const satisfies MsrFieldDefs;

/** IA32_VMX_VMCS_ENUM. */
export const VMCS_ENUM = {
  highestIndex: { low: 1, high: 9, title: "Highest index of any VMCS field encoding" },
} as const satisfies MsrFieldDefs;

/** IA32_BNDCFGS. */
export const BNDCFGS = {
  enable: { low: 0, high: 0, title: "MPX enabled at supervisor level" },
  preserve: { low: 1, high: 1, title: "Bound registers preserved at near branches" },
  boundDirectory: { low: 12, high: 63, title: "Page frame of the bound directory" },
} as const satisfies MsrFieldDefs;

/** IA32_EFER; AMD defines the bits above 11. */
export const EFER = {
  sce: { low: 0, high: 0, title: "SYSCALL enable" },
  lme: { low: 8, high: 8, title: "IA-32e mode enable" },
  lma: { low: 10, high: 10, title: "IA-32e mode active" },
  nxe: { low: 11, high: 11, title: "Execute-disable enable" },
  svme: { low: 12, high: 12, title: "SVM enable" },
  lmsle: { low: 13, high: 13, title: "Long-mode segment limit enable" },
  ffxsr: { low: 14, high: 14, title: "Fast FXSAVE and FXRSTOR" },
  tce: { low: 15, high: 15, title: "Translation cache extension" },
  mcommit: { low: 17, high: 17, title: "MCOMMIT enable" },
  intwb: { low: 18, high: 18, title: "Interruptible WBINVD" },
  uaie: { low: 20, high: 20, title: "Upper address ignore" },
  aibrse: { low: 21, high: 21, title: "Automatic IBRS" },
} as const satisfies MsrFieldDefs;

/** VM_CR. */
export const VM_CR = {
  dpd: { low: 0, high: 0, title: "Debug port disable" },
  rInit: { low: 1, high: 1, title: "INIT becomes a #SX" },
  disA20m: { low: 2, high: 2, title: "A20 masking disabled" },
  lock: { low: 3, high: 3, title: "SVMDIS and LOCK read-only" },
  svmdis: { low: 4, high: 4, title: "EFER.SVME must be 0" },
} as const satisfies MsrFieldDefs;
