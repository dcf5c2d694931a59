import { STATE, TRANSLATION_RIGHTS_WORDS } from "@hvdiff/cpu";

/*
 * Words of the processor's state that belong to VMX. With the VMCSs, which lie in memory frames, this is all that a clone carries;
 * the EPT mapping cache is copied by `Vmx.cloneStateFrom`.
 */
const BASE = STATE.VMX_STATE;

/** 1 in VMX operation. */
export const IN_VMX = BASE;
/** Pointers as float64, plus one, so that zeroed state means none. Indices into `f64`. */
export const VMXON_POINTER = (BASE + 2) / 2;
export const CURRENT_POINTER = (BASE + 4) / 2;
/** Trace level of the next guest; 0 for one more than that of root mode. */
export const GUEST_TRACE_LEVEL = BASE + 6;
/** Trace level of root mode while a guest runs. */
export const ROOT_TRACE_LEVEL = BASE + 7;
/** Effective controls of the running guest. */
export const PIN = BASE + 8;
export const PRIMARY = BASE + 9;
export const SECONDARY = BASE + 10;
export const EXIT_CONTROLS = BASE + 11;
export const ENTRY_CONTROLS = BASE + 12;
/** Monitor trap flag: 0 off, 1 an exit is pending, 2 one follows when `MTF_AT` instructions are retired. */
export const PENDING_MTF = BASE + 13;
/** CR3 of root mode at the last entry, low half: its PCID decides about the TLB at the exit. */
export const ROOT_CR3 = BASE + 14;
/** Next TLB context to be given away. */
export const NEXT_TLB_CONTEXT = BASE + 15;
/** Retired instructions at which the VMX-preemption timer expires, float64; index into `f64`. */
export const PREEMPTION_DEADLINE = (BASE + 16) / 2;
/** Retired instructions after the first one of the guest, float64; index into `f64`. */
export const MTF_AT = (BASE + 20) / 2;
/**
 * Address plus one of the VMCS whose guest state was left in the registers at a VM exit to a client in TypeScript, which looks at none
 * of root mode's; 0 when host state is loaded. Float64; index into `f64`.
 */
export const KEPT_POINTER = (BASE + 22) / 2;
/** EPTP of the running guest. */
export const EPTP = BASE + 18;
/** Per TLB context: in use, VPID, PCID, EP4TA in units of pages (low), high; then what its translations' rights were made under. */
export const TLB_TAGS = BASE + 24;
export const TLB_TAG_WORDS = 5 + TRANSLATION_RIGHTS_WORDS;
/** 1 while a virtual interrupt is recognized for delivery. */
export const VIRTUAL_INTERRUPT = BASE + 120;
/** Offset in the APIC-access page that the instruction under way has written to, plus one; 0 for none. */
export const APIC_WRITE = BASE + 121;
/** Basic reason of the exit that follows the instruction under way, 0 for none; and its qualification. */
export const TRAP_EXIT = BASE + 122;
export const TRAP_QUALIFICATION = BASE + 123;
/** APIC-access page of the guest that ran last, plus one; 0 for none. Float64; index into `f64`. */
export const LAST_APIC_ACCESS_PAGE = (BASE + 124) / 2;
