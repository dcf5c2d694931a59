import { controlMask } from "@hvdiff/spec";

/*
 * Control bits that L0 decides about, as masks. Named here once so that merging and routing read like the manual.
 */

export const PIN_EXTERNAL_INTERRUPT = controlMask("pin", "externalInterruptExiting");
export const PIN_NMI = controlMask("pin", "nmiExiting");
export const PIN_POSTED_INTERRUPTS = controlMask("pin", "processPostedInterrupts");
export const PIN_VIRTUAL_NMIS = controlMask("pin", "virtualNmis");
export const PIN_PREEMPTION_TIMER = controlMask("pin", "activateVmxPreemptionTimer");

export const PROC_INTERRUPT_WINDOW = controlMask("primary", "interruptWindowExiting");
export const PROC_NMI_WINDOW = controlMask("primary", "nmiWindowExiting");
export const PROC_TSC_OFFSETTING = controlMask("primary", "useTscOffsetting");
export const PROC_HLT = controlMask("primary", "hltExiting");
export const PROC_INVLPG = controlMask("primary", "invlpgExiting");
export const PROC_MWAIT = controlMask("primary", "mwaitExiting");
export const PROC_MONITOR = controlMask("primary", "monitorExiting");
export const PROC_PAUSE = controlMask("primary", "pauseExiting");
export const PROC_RDPMC = controlMask("primary", "rdpmcExiting");
export const PROC_RDTSC = controlMask("primary", "rdtscExiting");
export const PROC_CR3_LOAD = controlMask("primary", "cr3LoadExiting");
export const PROC_CR3_STORE = controlMask("primary", "cr3StoreExiting");
export const PROC_CR8_LOAD = controlMask("primary", "cr8LoadExiting");
export const PROC_CR8_STORE = controlMask("primary", "cr8StoreExiting");
export const PROC_MOV_DR = controlMask("primary", "movDrExiting");
export const PROC_TPR_SHADOW = controlMask("primary", "useTprShadow");
export const PROC_UNCONDITIONAL_IO = controlMask("primary", "unconditionalIoExiting");
export const PROC_IO_BITMAPS = controlMask("primary", "useIoBitmaps");
export const PROC_MSR_BITMAPS = controlMask("primary", "useMsrBitmaps");
export const PROC_MONITOR_TRAP = controlMask("primary", "monitorTrapFlag");
export const PROC_SECONDARY = controlMask("primary", "activateSecondaryControls");

export const PROC2_EPT = controlMask("secondary", "enableEpt");
export const PROC2_VPID = controlMask("secondary", "enableVpid");
export const PROC2_UNRESTRICTED = controlMask("secondary", "unrestrictedGuest");
export const PROC2_RDTSCP = controlMask("secondary", "enableRdtscp");
export const PROC2_INVPCID = controlMask("secondary", "enableInvpcid");
export const PROC2_WBINVD = controlMask("secondary", "wbinvdExiting");
export const PROC2_XSAVES = controlMask("secondary", "enableXsaves");
export const PROC2_USER_WAIT = controlMask("secondary", "enableUserWaitAndPause");
export const PROC2_VIRTUALIZE_APIC = controlMask("secondary", "virtualizeApicAccesses");

export const PROC2_VIRTUALIZE_X2APIC = controlMask("secondary", "virtualizeX2apicMode");
export const PROC2_APIC_REGISTERS = controlMask("secondary", "apicRegisterVirtualization");
export const PROC2_VIRTUAL_INTERRUPTS = controlMask("secondary", "virtualInterruptDelivery");
export const PROC2_TSC_SCALING = controlMask("secondary", "useTscScaling");
export const PROC2_VMCS_SHADOWING = controlMask("secondary", "vmcsShadowing");
export const PROC2_PML = controlMask("secondary", "enablePml");
export const PROC2_MODE_BASED = controlMask("secondary", "modeBasedExecuteControl");
export const PROC2_EPT_VIOLATION_VE = controlMask("secondary", "eptViolationVe");
export const PROC2_SUB_PAGES = controlMask("secondary", "subPageWritePermissions");
/** What L0 does in software for L2. */
export const PROC2_NOT_SILICONS = PROC2_VMCS_SHADOWING | PROC2_PML | PROC2_EPT_VIOLATION_VE;

export const EXIT_SAVE_DEBUG = controlMask("exit", "saveDebugControls");
export const EXIT_HOST_64 = controlMask("exit", "hostAddressSpaceSize");
export const EXIT_ACK_INTERRUPT = controlMask("exit", "acknowledgeInterruptOnExit");
export const EXIT_SAVE_PAT = controlMask("exit", "saveIa32Pat");
export const EXIT_LOAD_PAT = controlMask("exit", "exitLoadIa32Pat");
export const EXIT_SAVE_EFER = controlMask("exit", "saveIa32Efer");
export const EXIT_LOAD_EFER = controlMask("exit", "exitLoadIa32Efer");
export const EXIT_LOAD_CET = controlMask("exit", "exitLoadCetState");
export const EXIT_LOAD_PKRS = controlMask("exit", "exitLoadPkrs");
export const EXIT_LOAD_PERF_GLOBAL = controlMask("exit", "exitLoadIa32PerfGlobalCtrl");
export const EXIT_SAVE_PERF_GLOBAL = controlMask("exit", "saveIa32PerfGlobalCtrl");
export const EXIT_SAVE_TIMER = controlMask("exit", "saveVmxPreemptionTimerValue");

export const ENTRY_LOAD_DEBUG = controlMask("entry", "loadDebugControls");
export const ENTRY_IA32E = controlMask("entry", "ia32eModeGuest");
export const ENTRY_LOAD_PAT = controlMask("entry", "entryLoadIa32Pat");
export const ENTRY_LOAD_EFER = controlMask("entry", "entryLoadIa32Efer");
export const ENTRY_LOAD_CET = controlMask("entry", "entryLoadCetState");
export const ENTRY_LOAD_PKRS = controlMask("entry", "entryLoadPkrs");
export const ENTRY_LOAD_PERF_GLOBAL = controlMask("entry", "entryLoadIa32PerfGlobalCtrl");
