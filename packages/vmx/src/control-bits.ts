import { controlMask } from "@hvdiff/spec";

/*
 * Controls as signed 32-bit masks, for the bit tests of entry, exit and checks.
 */

export const EXTERNAL_INTERRUPT_EXITING = controlMask("pin", "externalInterruptExiting") | 0;
export const NMI_EXITING = controlMask("pin", "nmiExiting") | 0;
export const VIRTUAL_NMIS = controlMask("pin", "virtualNmis") | 0;
export const ACTIVATE_VMX_PREEMPTION_TIMER = controlMask("pin", "activateVmxPreemptionTimer") | 0;
export const PROCESS_POSTED_INTERRUPTS = controlMask("pin", "processPostedInterrupts") | 0;

export const INTERRUPT_WINDOW_EXITING = controlMask("primary", "interruptWindowExiting") | 0;
export const USE_TSC_OFFSETTING = controlMask("primary", "useTscOffsetting") | 0;
export const HLT_EXITING = controlMask("primary", "hltExiting") | 0;
export const INVLPG_EXITING = controlMask("primary", "invlpgExiting") | 0;
export const MWAIT_EXITING = controlMask("primary", "mwaitExiting") | 0;
export const RDPMC_EXITING = controlMask("primary", "rdpmcExiting") | 0;
export const RDTSC_EXITING = controlMask("primary", "rdtscExiting") | 0;
export const CR3_LOAD_EXITING = controlMask("primary", "cr3LoadExiting") | 0;
export const CR3_STORE_EXITING = controlMask("primary", "cr3StoreExiting") | 0;
export const ACTIVATE_TERTIARY_CONTROLS = controlMask("primary", "activateTertiaryControls") | 0;
export const CR8_LOAD_EXITING = controlMask("primary", "cr8LoadExiting") | 0;
export const CR8_STORE_EXITING = controlMask("primary", "cr8StoreExiting") | 0;
export const USE_TPR_SHADOW = controlMask("primary", "useTprShadow") | 0;
export const NMI_WINDOW_EXITING = controlMask("primary", "nmiWindowExiting") | 0;
export const MOV_DR_EXITING = controlMask("primary", "movDrExiting") | 0;
export const UNCONDITIONAL_IO_EXITING = controlMask("primary", "unconditionalIoExiting") | 0;
export const USE_IO_BITMAPS = controlMask("primary", "useIoBitmaps") | 0;
export const MONITOR_TRAP_FLAG = controlMask("primary", "monitorTrapFlag") | 0;
export const USE_MSR_BITMAPS = controlMask("primary", "useMsrBitmaps") | 0;
export const MONITOR_EXITING = controlMask("primary", "monitorExiting") | 0;
export const PAUSE_EXITING = controlMask("primary", "pauseExiting") | 0;
export const ACTIVATE_SECONDARY_CONTROLS = controlMask("primary", "activateSecondaryControls") | 0;

export const VIRTUALIZE_APIC_ACCESSES = controlMask("secondary", "virtualizeApicAccesses") | 0;
export const ENABLE_EPT = controlMask("secondary", "enableEpt") | 0;
export const DESCRIPTOR_TABLE_EXITING = controlMask("secondary", "descriptorTableExiting") | 0;
export const ENABLE_RDTSCP = controlMask("secondary", "enableRdtscp") | 0;
export const VIRTUALIZE_X2APIC_MODE = controlMask("secondary", "virtualizeX2apicMode") | 0;
export const ENABLE_VPID = controlMask("secondary", "enableVpid") | 0;
export const WBINVD_EXITING = controlMask("secondary", "wbinvdExiting") | 0;
export const UNRESTRICTED_GUEST = controlMask("secondary", "unrestrictedGuest") | 0;
export const APIC_REGISTER_VIRTUALIZATION = controlMask("secondary", "apicRegisterVirtualization") | 0;
export const VIRTUAL_INTERRUPT_DELIVERY = controlMask("secondary", "virtualInterruptDelivery") | 0;
export const RDRAND_EXITING = controlMask("secondary", "rdrandExiting") | 0;
export const ENABLE_INVPCID = controlMask("secondary", "enableInvpcid") | 0;
export const ENABLE_VM_FUNCTIONS = controlMask("secondary", "enableVmFunctions") | 0;
export const VMCS_SHADOWING = controlMask("secondary", "vmcsShadowing") | 0;
export const RDSEED_EXITING = controlMask("secondary", "rdseedExiting") | 0;
export const ENABLE_PML = controlMask("secondary", "enablePml") | 0;
export const EPT_VIOLATION_VE = controlMask("secondary", "eptViolationVe") | 0;
export const ENABLE_XSAVES = controlMask("secondary", "enableXsaves") | 0;
export const MODE_BASED_EXECUTE_CONTROL = controlMask("secondary", "modeBasedExecuteControl") | 0;
export const SUB_PAGE_WRITE_PERMISSIONS = controlMask("secondary", "subPageWritePermissions") | 0;
export const PT_USES_GUEST_PHYSICAL_ADDRESSES = controlMask("secondary", "ptUsesGuestPhysicalAddresses") | 0;
export const USE_TSC_SCALING = controlMask("secondary", "useTscScaling") | 0;

export const SAVE_DEBUG_CONTROLS = controlMask("exit", "saveDebugControls") | 0;
export const HOST_ADDRESS_SPACE_SIZE = controlMask("exit", "hostAddressSpaceSize") | 0;
export const EXIT_LOAD_IA32_PERF_GLOBAL_CTRL = controlMask("exit", "exitLoadIa32PerfGlobalCtrl") | 0;
export const ACKNOWLEDGE_INTERRUPT_ON_EXIT = controlMask("exit", "acknowledgeInterruptOnExit") | 0;
export const SAVE_IA32_PAT = controlMask("exit", "saveIa32Pat") | 0;
export const EXIT_LOAD_IA32_PAT = controlMask("exit", "exitLoadIa32Pat") | 0;
export const SAVE_IA32_EFER = controlMask("exit", "saveIa32Efer") | 0;
export const EXIT_LOAD_IA32_EFER = controlMask("exit", "exitLoadIa32Efer") | 0;
export const SAVE_VMX_PREEMPTION_TIMER_VALUE = controlMask("exit", "saveVmxPreemptionTimerValue") | 0;
export const CLEAR_IA32_BNDCFGS = controlMask("exit", "clearIa32Bndcfgs") | 0;
export const CLEAR_IA32_RTIT_CTL = controlMask("exit", "clearIa32RtitCtl") | 0;
export const EXIT_LOAD_CET_STATE = controlMask("exit", "exitLoadCetState") | 0;
export const EXIT_LOAD_PKRS = controlMask("exit", "exitLoadPkrs") | 0;
export const SAVE_IA32_PERF_GLOBAL_CTRL = controlMask("exit", "saveIa32PerfGlobalCtrl") | 0;
export const ACTIVATE_SECONDARY_VM_EXIT_CONTROLS = controlMask("exit", "activateSecondaryVmExitControls") | 0;

export const LOAD_DEBUG_CONTROLS = controlMask("entry", "loadDebugControls") | 0;
export const IA32E_MODE_GUEST = controlMask("entry", "ia32eModeGuest") | 0;
export const ENTRY_TO_SMM = controlMask("entry", "entryToSmm") | 0;
export const DEACTIVATE_DUAL_MONITOR_TREATMENT = controlMask("entry", "deactivateDualMonitorTreatment") | 0;
export const ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL = controlMask("entry", "entryLoadIa32PerfGlobalCtrl") | 0;
export const ENTRY_LOAD_IA32_PAT = controlMask("entry", "entryLoadIa32Pat") | 0;
export const ENTRY_LOAD_IA32_EFER = controlMask("entry", "entryLoadIa32Efer") | 0;
export const LOAD_IA32_BNDCFGS = controlMask("entry", "loadIa32Bndcfgs") | 0;
export const LOAD_IA32_RTIT_CTL = controlMask("entry", "loadIa32RtitCtl") | 0;
export const ENTRY_LOAD_CET_STATE = controlMask("entry", "entryLoadCetState") | 0;
export const ENTRY_LOAD_PKRS = controlMask("entry", "entryLoadPkrs") | 0;
