/** How an exception relates to the instruction that raised it. */
export type ExceptionClass = "fault" | "trap" | "faultOrTrap" | "abort" | "interrupt";

/** One architectural vector. */
export type ExceptionDef = {
  readonly vector: number;
  readonly mnemonic: string;
  readonly title: string;
  readonly class: ExceptionClass;
  readonly hasErrorCode: boolean;
  /** How the exception takes part in raising a double fault. */
  readonly doubleFault: "benign" | "contributory" | "pageFault" | "doubleFault";
} & ({ readonly sdm: string } | { readonly apm: string });

const SDM = '3A "Exception and Interrupt Reference"';

/** Exceptions and NMI by name; the two that only AMD defines cite the APM. */
export const EXCEPTIONS = {
  divideError: {
    vector: 0,
    mnemonic: "#DE",
    title: "Divide error",
    class: "fault",
    hasErrorCode: false,
    doubleFault: "contributory",
    sdm: SDM,
  },
  debug: {
    vector: 1,
    mnemonic: "#DB",
    title: "Debug exception",
    class: "faultOrTrap",
    hasErrorCode: false,
    doubleFault: "benign",
    sdm: SDM,
  },
  nmi: {
    vector: 2,
    mnemonic: "NMI",
    title: "Non-maskable interrupt",
    class: "interrupt",
    hasErrorCode: false,
    doubleFault: "benign",
    sdm: SDM,
  },
  breakpoint: {
    vector: 3,
    mnemonic: "#BP",
    title: "Breakpoint",
    class: "trap",
    hasErrorCode: false,
    doubleFault: "benign",
    sdm: SDM,
  },
  overflow: {
    vector: 4,
    mnemonic: "#OF",
    title: "Overflow",
    class: "trap",
    hasErrorCode: false,
    doubleFault: "benign",
    sdm: SDM,
  },
  boundRange: {
    vector: 5,
    mnemonic: "#BR",
    title: "Bound range exceeded",
    class: "fault",
    hasErrorCode: false,
    doubleFault: "benign",
    sdm: SDM,
  },
  invalidOpcode: {
    vector: 6,
    mnemonic: "#UD",
    title: "Invalid opcode",
    class: "fault",
    hasErrorCode: false,
    doubleFault: "benign",
    sdm: SDM,
  },
  deviceNotAvailable: {
    vector: 7,
    mnemonic: "#NM",
    title: "Device not available",
    class: "fault",
    hasErrorCode: false,
    doubleFault: "benign",
    sdm: SDM,
  },
  doubleFault: {
    vector: 8,
    mnemonic: "#DF",
    title: "Double fault",
    class: "abort",
    hasErrorCode: true,
    doubleFault: "doubleFault",
    sdm: SDM,
  },
  coprocessorSegmentOverrun: {
    vector: 9,
    mnemonic: "CSO",
    title: "Coprocessor segment overrun",
    class: "fault",
    hasErrorCode: false,
    doubleFault: "benign",
    sdm: SDM,
  },
  invalidTss: {
    vector: 10,
    mnemonic: "#TS",
    title: "Invalid TSS",
    class: "fault",
    hasErrorCode: true,
    doubleFault: "contributory",
    sdm: SDM,
  },
  segmentNotPresent: {
    vector: 11,
    mnemonic: "#NP",
    title: "Segment not present",
    class: "fault",
    hasErrorCode: true,
    doubleFault: "contributory",
    sdm: SDM,
  },
  stackFault: {
    vector: 12,
    mnemonic: "#SS",
    title: "Stack fault",
    class: "fault",
    hasErrorCode: true,
    doubleFault: "contributory",
    sdm: SDM,
  },
  generalProtection: {
    vector: 13,
    mnemonic: "#GP",
    title: "General protection",
    class: "fault",
    hasErrorCode: true,
    doubleFault: "contributory",
    sdm: SDM,
  },
  pageFault: {
    vector: 14,
    mnemonic: "#PF",
    title: "Page fault",
    class: "fault",
    hasErrorCode: true,
    doubleFault: "pageFault",
    sdm: SDM,
  },
  x87FloatingPoint: {
    vector: 16,
    mnemonic: "#MF",
    title: "x87 floating-point error",
    class: "fault",
    hasErrorCode: false,
    doubleFault: "benign",
    sdm: SDM,
  },
  alignmentCheck: {
    vector: 17,
    mnemonic: "#AC",
    title: "Alignment check",
    class: "fault",
    hasErrorCode: true,
    doubleFault: "benign",
    sdm: SDM,
  },
  machineCheck: {
    vector: 18,
    mnemonic: "#MC",
    title: "Machine check",
    class: "abort",
    hasErrorCode: false,
    doubleFault: "benign",
    sdm: SDM,
  },
  simdFloatingPoint: {
    vector: 19,
    mnemonic: "#XM",
    title: "SIMD floating-point error",
    class: "fault",
    hasErrorCode: false,
    doubleFault: "benign",
    sdm: SDM,
  },
  virtualization: {
    vector: 20,
    mnemonic: "#VE",
    title: "Virtualization exception",
    class: "fault",
    hasErrorCode: false,
    doubleFault: "pageFault",
    sdm: SDM,
  },
  controlProtection: {
    vector: 21,
    mnemonic: "#CP",
    title: "Control protection",
    class: "fault",
    hasErrorCode: true,
    doubleFault: "contributory",
    sdm: SDM,
  },
  vmmCommunication: {
    vector: 29,
    mnemonic: "#VC",
    title: "VMM communication",
    class: "fault",
    hasErrorCode: true,
    doubleFault: "contributory",
    apm: '2 "#VC Exception"',
  },
  security: {
    vector: 30,
    mnemonic: "#SX",
    title: "Security exception",
    class: "fault",
    hasErrorCode: true,
    doubleFault: "benign",
    apm: '2 "Security Exception (#SX)"',
  },
} as const satisfies Record<string, ExceptionDef>;

/** Name of an exception; a misspelt one is a compile error. */
export type ExceptionName = keyof typeof EXCEPTIONS;

const BY_VECTOR = new Map<number, ExceptionName>(
  (Object.keys(EXCEPTIONS) as ExceptionName[]).map((name) => [EXCEPTIONS[name].vector, name]),
);

/** Name of the exception at a vector; undefined for vectors that are reserved or for interrupts. */
export function exceptionName(vector: number): ExceptionName | undefined {
  return BY_VECTOR.get(vector);
}

/** Mnemonic of the exception at a vector; undefined for vectors that are reserved or for interrupts. */
export function exceptionMnemonic(vector: number): string | undefined {
  const name = BY_VECTOR.get(vector);
  return name === undefined ? undefined : EXCEPTIONS[name].mnemonic;
}

/** Whether delivery of a hardware exception at this vector pushes an error code outside real mode. */
export function vectorHasErrorCode(vector: number): boolean {
  const name = BY_VECTOR.get(vector);
  return name !== undefined && EXCEPTIONS[name].hasErrorCode;
}

/** Whether an exception during delivery of another becomes a double fault; the triple fault is the caller's. */
export function makesDoubleFault(first: ExceptionName, second: ExceptionName): boolean {
  const early = EXCEPTIONS[first].doubleFault;
  const late = EXCEPTIONS[second].doubleFault;
  if (early === "contributory") return late === "contributory";
  return early === "pageFault" && (late === "contributory" || late === "pageFault");
}
