/**
 * Where a logical processor's state lies: 32-bit words from the start of its state area in the machine's flat memory.
 * 64-bit registers take two words, low half first. Everything that a clone of a machine must carry is here (or in memory
 * frames); whatever else the engine keeps is a cache that can be rebuilt.
 */

/** RAX … R15: word `2 * n` and `2 * n + 1`. */
export const GPR = 0;
export const RIP = 32;
/** Arithmetic flags, lazily: the last result (sign-extended to 64 bits) and the carry word. See `flags.ts`. */
export const FLAG_RESULT = 34;
export const FLAG_RESULT_HIGH = 35;
export const FLAG_AUX = 36;
/** TF, IF, DF, IOPL, NT, RF, VM, AC, VIF, VIP, ID at their RFLAGS positions. */
export const FLAG_SYSTEM = 37;
export const CPL = 38;
/** A word that is always zero: the "register" of an absent base or index. Also `ZERO + 1`. */
export const ZERO = 40;
export const CR2 = 42;
export const CR3 = 44;
export const CR0 = 46;
export const CR4 = 47;
export const CR8 = 48;
export const EFER = 49;
export const XCR0 = 50;
export const XSS = 52;
export const DR0 = 54;
export const DR6 = 62;
export const DR7 = 63;

/** ES CS SS DS FS GS LDTR TR, eight words each. */
export const SEGMENTS = 64;
export const SEGMENT_STRIDE = 8;
export const SEGMENT_SELECTOR = 0;
export const SEGMENT_BASE = 1;
export const SEGMENT_BASE_HIGH = 2;
/** In bytes, granularity applied. */
export const SEGMENT_LIMIT = 3;
/** Access rights as in a VMCS: type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14, G 15, unusable 16. */
export const SEGMENT_ACCESS = 4;
export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;
export const LDTR = 6;
export const TR = 7;

/** base low, base high, limit. */
export const GDTR = 128;
export const IDTR = 132;

/** Interruptibility as in a VMCS: blocking by STI 0, MOV SS 1, SMI 2, NMI 3. */
export const INTERRUPTIBILITY = 136;
/** 0 active, 1 HLT, 2 shutdown, 3 wait-for-SIPI. */
export const ACTIVITY = 137;
/** Asynchronous events waiting for an instruction boundary: a mask of `EVENT_*`. Zero means: nothing to look at. */
export const EVENTS = 138;
/** Pending debug exceptions (B0-B3 0-3, enabled breakpoint 12, BS 14). */
export const PENDING_DEBUG = 139;
/** Instructions retired, a float64 at words 140-141. */
export const RETIRED = 140;
/** 0: no virtualization operation, 1: VMX root, 2: VMX non-root (SVM guest mode is 2 as well). */
export const VIRTUALIZATION_MODE = 142;
/** Level that trace events of the running code belong to (1 = L1, 2 = L2). */
export const TRACE_LEVEL = 143;
/** CR0/CR4 bits owned by the host, and what the guest reads there; all zero outside guest mode. */
export const CR0_MASK = 144;
export const CR0_SHADOW = 145;
export const CR4_MASK = 146;
export const CR4_SHADOW = 147;
/** Exception vectors that exit (bitmap); page faults are refined by mask and match. */
export const EXCEPTION_INTERCEPTS = 148;
/** TSC offset added to RDTSC in guest mode, 64 bits. */
export const TSC_OFFSET = 150;
/** Base of the running translation context in the TLB, as a word offset (see `tlb.ts`). */
export const TLB_CONTEXT = 152;
/** 1 while the PC's interrupt controller asserts INTR, which reaches the local APIC at LINT0. */
export const INTERRUPT_LINE = 153;
/** Events that are not looked at while they wait: a mask of `EVENT_*` that the virtualization extension sets (a global interrupt flag). */
export const HELD_EVENTS = 155;
/** Shadow-stack pointer, 64 bits. */
export const SSP = 156;
/** Vector of the start-up IPI that waits (`EVENT_SIPI`). */
export const STARTUP_VECTOR = 154;
/** What the TSC is multiplied by in guest mode, a fraction with 48 bits behind the point in two words; zero: by nothing. */
export const TSC_MULTIPLIER = 158;
/** Guest PDPTEs in PAE paging, four 64-bit values. */
export const PDPTE = 160;

/** One word per instruction intercept, see `intercepts.ts`. */
export const INTERCEPTS = 192;
/** MSRs with storage of their own, two words each, in the order of `msr-storage.ts`. */
export const MSR_STORAGE = 256;
/** Words 576-767 belong to VMX, 768-959 to SVM; `cpu` only copies them. */
export const VMX_STATE = 576;
export const SVM_STATE = 768;
/** Sixteen ZMM registers of 16 words. */
export const VECTOR_REGISTERS = 1024;
/** The legacy x87 part of the FXSAVE image (bytes 0-159) and MXCSR within it. */
export const X87_STATE = 1280;
/** Selectors of the x87 instruction pointer (low half) and data pointer, which no 64-bit format of FXSAVE holds. */
export const X87_SELECTORS = 1320;
/** Opmask, PKRU and other extended components in their standard-format layout, 512 words. */
export const EXTENDED_STATE = 1344;

/** Registers of the local APIC, in the order of `apic/registers.ts`. */
export const LOCAL_APIC = 2048;

/**
 * TLB: `TLB_CONTEXTS` contexts x {supervisor, user, supervisor with AC under SMAP} x `TLB_ENTRIES` entries x `TLB_ENTRY_WORDS` words.
 */
export const TLB = 4096;
export const TLB_CONTEXTS = 8;
export const TLB_ENTRIES = 512;
export const TLB_ENTRY_WORDS = 8;
export const TLB_PART_WORDS = TLB_ENTRIES * TLB_ENTRY_WORDS;
export const TLB_PART_USER = 1 * TLB_PART_WORDS;
export const TLB_PART_AC = 2 * TLB_PART_WORDS;
export const TLB_CONTEXT_WORDS = 3 * TLB_PART_WORDS;
/** Entries that are never filled: data accesses look here while each of them must be looked at (breakpoints, alignment checks). */
export const TLB_NEVER = TLB + TLB_CONTEXTS * TLB_CONTEXT_WORDS;

/** Bytes of one processor's state area, a multiple of the page size. */
export const STATE_BYTES = (TLB_NEVER + TLB_PART_WORDS) * 4;

export const EVENT_INTERRUPT = 1;
export const EVENT_NMI = 2;
export const EVENT_SMI = 4;
export const EVENT_INIT = 8;
export const EVENT_SIPI = 16;
/** The virtualization extension wants to be asked at the next boundary (windows, MTF, preemption timer). */
export const EVENT_VIRTUALIZATION = 32;
export const EVENT_DEBUG_TRAP = 64;
/**
 * A virtual interrupt or NMI that the extension delivers waits, or an exit behind the instruction that was completed last: it is to be asked, but
 * no instruction needs to be alone for it.
 */
export const EVENT_VIRTUAL = 128;
