/*
 * Bits of the VMCB's control words (APM 2 "VMCB Layout, Control Area").
 */

// Virtual interrupt control.
export const V_TPR = 0xff;
export const V_IRQ = 1 << 8;
export const V_GIF = 1 << 9;
export const V_NMI = 1 << 11;
export const V_NMI_MASK = 1 << 12;
export const V_INTR_PRIORITY_SHIFT = 16;
export const V_IGNORE_TPR = 1 << 20;
export const V_INTR_MASKING = 1 << 24;
export const V_GIF_ENABLE = 1 << 25;
export const V_NMI_ENABLE = 1 << 26;
export const AVIC_ENABLE = 1 << 31;

// Nested control.
export const NP_ENABLE = 1;
export const SEV_ENABLE = 1 << 1;
export const GMET_ENABLE = 1 << 3;

// Virtualization extensions.
export const LBR_VIRTUALIZATION = 1;
export const VIRTUAL_VMLOAD_VMSAVE = 1 << 1;

// EVENTINJ and EXITINTINFO.
export const EVENT_VALID = 1 << 31;
export const EVENT_ERROR_CODE_VALID = 1 << 11;

// TLB control.
export const TLB_DO_NOTHING = 0;
export const TLB_FLUSH_ALL = 1;
export const TLB_FLUSH_GUEST = 3;
export const TLB_FLUSH_GUEST_NON_GLOBAL = 7;

// Registers.
export const CR0_PE = 1;
export const CR0_ET = 1 << 4;
export const CR0_WP = 1 << 16;
export const CR0_NW = 1 << 29;
export const CR0_CD = 1 << 30;
export const CR0_PG = 1 << 31;
export const CR4_PAE = 1 << 5;
export const CR4_LA57 = 1 << 12;
export const CR4_PCIDE = 1 << 17;
export const CR4_SMEP = 1 << 20;
export const EFER_LME = 1 << 8;
export const EFER_LMA = 1 << 10;
export const EFER_NXE = 1 << 11;
export const EFER_SVME = 1 << 12;
export const RFLAGS_TF = 1 << 8;
export const RFLAGS_IF = 1 << 9;
export const RFLAGS_RF = 1 << 16;
export const RFLAGS_VM = 1 << 17;
