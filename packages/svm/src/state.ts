import { STATE } from "@hvdiff/cpu";

/*
 * Words of the processor's state that belong to SVM. With VMCBs and the host save area, which lie in memory frames, this is all that a clone
 * carries.
 */
const BASE = STATE.SVM_STATE;

/** 1 while the global interrupt flag is 0, so that zeroed state means GIF = 1. */
export const GIF_CLEAR = BASE;
/** Physical address of the VMCB that VMRUN took, plus one. Float64; index into `f64`. */
export const VMCB_ADDRESS = (BASE + 2) / 2;
/** The six intercept words of the running guest. */
export const INTERCEPTS = BASE + 4;
/** RFLAGS.IF and RFLAGS.TF of the host at VMRUN, at their places. */
export const HOST_FLAGS = BASE + 10;
/** Virtual interrupt control of the running guest, as #VMEXIT will store it. */
export const VIRTUAL_INTERRUPT = BASE + 11;
export const VIRTUAL_VECTOR = BASE + 12;
export const NESTED_CONTROL = BASE + 13;
export const NESTED_CR3 = BASE + 14;
/** CR4 and EFER of the host: the paging mode of nested paging. */
export const HOST_CR4 = BASE + 16;
export const HOST_EFER = BASE + 17;
export const ASID = BASE + 18;
/** Virtualization extensions of the running guest: LBR virtualization 0, virtual VMLOAD and VMSAVE 1. */
export const EXTENSIONS = BASE + 19;
/** PAUSE filter: what is left, the count that it starts at, the threshold. */
export const PAUSE_LEFT = BASE + 20;
export const PAUSE_COUNT = BASE + 21;
export const PAUSE_THRESHOLD = BASE + 22;
/** Trace level of root mode while a guest runs. */
export const ROOT_TRACE_LEVEL = BASE + 23;
/** Retired instructions at the last PAUSE. Float64; index into `f64`. */
export const PAUSE_AT = (BASE + 24) / 2;
/** Permission maps of the running guest and the host save area at VMRUN. Float64; indices into `f64`. */
export const IOPM = (BASE + 26) / 2;
export const MSRPM = (BASE + 28) / 2;
export const HOST_SAVE = (BASE + 30) / 2;
/** Next TLB context to be given away. */
export const NEXT_TLB_CONTEXT = BASE + 32;
/** Per TLB context: the ASID that owns it, 0 for none. */
export const TLB_ASIDS = BASE + 34;
