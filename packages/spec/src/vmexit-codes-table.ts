/** One #VMEXIT code, with the intercept bit that asks for it: word 0-5 of the intercept vectors and bit in it. */
export type VmexitCodeDef = {
  readonly code: number;
  readonly intercept?: readonly [word: number, bit: number];
  readonly apm: string;
};

const CODES = '2 "SVM Intercept Exit Codes"';

const of = (code: number, word: number, bit: number): VmexitCodeDef => ({ code, intercept: [word, bit], apm: CODES });
const always = (code: number): VmexitCodeDef => ({ code, apm: CODES });

/** First codes of the families that have one for each register or vector. */
export const VMEXIT_FAMILIES = {
  crRead: { code: 0x00, count: 16, intercept: [0, 0], apm: CODES },
  crWrite: { code: 0x10, count: 16, intercept: [0, 16], apm: CODES },
  drRead: { code: 0x20, count: 16, intercept: [1, 0], apm: CODES },
  drWrite: { code: 0x30, count: 16, intercept: [1, 16], apm: CODES },
  exception: { code: 0x40, count: 32, intercept: [2, 0], apm: CODES },
} as const;

/** #VMEXIT codes beside the families. */
export const VMEXIT_CODES = {
  INTR: of(0x60, 3, 0),
  NMI: of(0x61, 3, 1),
  SMI: of(0x62, 3, 2),
  INIT: of(0x63, 3, 3),
  VINTR: of(0x64, 3, 4),
  CR0_SEL_WRITE: of(0x65, 3, 5),
  IDTR_READ: of(0x66, 3, 6),
  GDTR_READ: of(0x67, 3, 7),
  LDTR_READ: of(0x68, 3, 8),
  TR_READ: of(0x69, 3, 9),
  IDTR_WRITE: of(0x6a, 3, 10),
  GDTR_WRITE: of(0x6b, 3, 11),
  LDTR_WRITE: of(0x6c, 3, 12),
  TR_WRITE: of(0x6d, 3, 13),
  RDTSC: of(0x6e, 3, 14),
  RDPMC: of(0x6f, 3, 15),
  PUSHF: of(0x70, 3, 16),
  POPF: of(0x71, 3, 17),
  CPUID: of(0x72, 3, 18),
  RSM: of(0x73, 3, 19),
  IRET: of(0x74, 3, 20),
  SWINT: of(0x75, 3, 21),
  INVD: of(0x76, 3, 22),
  PAUSE: of(0x77, 3, 23),
  HLT: of(0x78, 3, 24),
  INVLPG: of(0x79, 3, 25),
  INVLPGA: of(0x7a, 3, 26),
  IOIO: of(0x7b, 3, 27),
  MSR: of(0x7c, 3, 28),
  TASK_SWITCH: of(0x7d, 3, 29),
  FERR_FREEZE: of(0x7e, 3, 30),
  SHUTDOWN: of(0x7f, 3, 31),
  VMRUN: of(0x80, 4, 0),
  VMMCALL: of(0x81, 4, 1),
  VMLOAD: of(0x82, 4, 2),
  VMSAVE: of(0x83, 4, 3),
  STGI: of(0x84, 4, 4),
  CLGI: of(0x85, 4, 5),
  SKINIT: of(0x86, 4, 6),
  RDTSCP: of(0x87, 4, 7),
  ICEBP: of(0x88, 4, 8),
  WBINVD: of(0x89, 4, 9),
  MONITOR: of(0x8a, 4, 10),
  MWAIT: of(0x8b, 4, 11),
  MWAIT_CONDITIONAL: of(0x8c, 4, 12),
  XSETBV: of(0x8d, 4, 13),
  RDPRU: of(0x8e, 4, 14),
  INVLPGB: of(0xa0, 5, 0),
  INVLPGB_ILLEGAL: of(0xa1, 5, 1),
  INVPCID: of(0xa2, 5, 2),
  MCOMMIT: of(0xa3, 5, 3),
  TLBSYNC: of(0xa4, 5, 4),
  NPF: always(0x400),
  INVALID: always(-1),
} as const satisfies Record<string, VmexitCodeDef>;

/** Name of a #VMEXIT code; a misspelt one is a compile error. */
export type VmexitCodeName = keyof typeof VMEXIT_CODES;
