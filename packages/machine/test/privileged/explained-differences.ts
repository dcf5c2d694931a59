import { type CaseRecord, isGeneralProtection, type Judgement, sameBut, VECTOR } from "./case-record.ts";

/** A difference from QEMU TCG 7.2 with the place in the manual that ours follows; `why` says where the manual contradicts itself. */
interface ExplainedDifference {
  readonly forms: readonly string[];
  readonly why: string;
  readonly sdm: string;
  /** Whether this case is one of them. `registers` are RAX RBX RCX RDX RFLAGS before it, and the mask of defined flags. */
  readonly matches: (ours: CaseRecord, qemu: CaseRecord, registers: readonly bigint[]) => boolean;
}

/** #UD #TS #NP #SS #GP #PF */
const FAULTS = [6n, 10n, 11n, 12n, 13n, 14n];
const FRAME_FLAGS = 4;
const FLAG_RF = 1n << 16n;
const STATUS_FLAGS_AND_DF = 0xcd5n;

const isCanonical = (value: bigint): boolean => BigInt.asUintN(64, BigInt.asIntN(48, value)) === value;
const written = (registers: readonly bigint[]): bigint =>
  ((registers[3]! & 0xffffffffn) << 32n) | (registers[0]! & 0xffffffffn);

/** Our #GP(0) for a value that QEMU stores. */
function refused(value: (registers: readonly bigint[]) => boolean): ExplainedDifference["matches"] {
  return (ours, qemu, registers) => isGeneralProtection(ours) && !qemu.has(VECTOR) && value(registers);
}

type Bits = readonly (readonly [word: number, mask: bigint])[];

/** The records differ only in these bits, and in ours they are what `right` says (default: 0). */
function onlyIn(
  bits: Bits,
  right: (word: number, registers: readonly bigint[]) => bigint = () => 0n,
): ExplainedDifference["matches"] {
  return (ours, qemu, registers) =>
    sameBut(ours, qemu, new Map(bits)) &&
    bits.every(
      ([word, mask]) =>
        !(ours.has(word) || qemu.has(word)) || ((ours.get(word) ?? 0n) & mask) === (right(word, registers) & mask),
    );
}

function invalidPat(value: bigint): boolean {
  for (let shift = 0n; shift < 64n; shift += 8n) {
    if (![0n, 1n, 4n, 5n, 6n, 7n].includes((value >> shift) & 0xffn)) return true;
  }
  return false;
}

const ADDRESS_MSRS = ["LSTAR", "CSTAR", "FS_BASE", "GS_BASE", "KERNEL_GS_BASE", "SYSENTER_ESP", "SYSENTER_EIP"];
const CR0_DEFINED = 0xe005003fn;
const EFER_DEFINED = 0xd01n;
const ACCESSED = 1n << 40n;
const VIF_VIP = 3n << 19n;
const DESCRIPTOR_WORDS = Array.from({ length: 16 }, (_, n) => 48 + n);
/** Word 9 is DR6 or DR7 as it is read back. */
const debugReserved: ExplainedDifference["matches"] = (ours, qemu, registers) => {
  const isDr7 = ours.get(34) === ours.get(9);
  return onlyIn([
    [9, isDr7 ? 0xd000n : 0x1000n],
    [33, 0x1000n],
    [34, 0xd000n],
  ])(ours, qemu, registers);
};

/** Each names the only cases it excuses; any other difference fails the comparison. */
const EXPLAINED_DIFFERENCES: readonly ExplainedDifference[] = [
  {
    forms: ADDRESS_MSRS.map((name) => `WRMSR ${name}`),
    why: "QEMU stores an address that is not canonical",
    sdm: 'SDM 2B "WRMSR": #GP(0) for a non-canonical address in these MSRs',
    matches: refused((registers) => !isCanonical(written(registers))),
  },
  {
    forms: ["WRMSR FMASK", "WRMSR TSC_AUX"],
    why: "QEMU stores the reserved bits 63:32",
    sdm: 'SDM 2B "WRMSR": #GP(0) for a 1 in a reserved bit',
    matches: refused((registers) => written(registers) >> 32n !== 0n),
  },
  {
    forms: ["LAR"],
    why: "QEMU clears bits 19:16 of the result; processors give the descriptor's limit bits there, as this host's does",
    sdm: 'SDM 2A "LAR": bits 19:16 are undefined',
    matches: (ours, qemu) => sameBut(ours, qemu, new Map([[9, 0xf0000n]])),
  },
  {
    forms: ["WRMSR PAT"],
    why: "QEMU stores reserved memory types",
    sdm: 'SDM 3A "Programming the PAT": #GP(0) for a reserved type',
    matches: refused((registers) => invalidPat(written(registers))),
  },
  {
    forms: ["WRMSR EFER"],
    why: "QEMU drops the bits that its processor lacks, stores FFXSR and SVME, which ours lacks, and takes a change of LME while paging is on",
    sdm: 'SDM 3A "IA-32e Mode": #GP(0) for a change of LME with CR0.PG = 1; SDM 2B "WRMSR": for reserved bits',
    matches: refused(
      (registers) => (written(registers) & ~EFER_DEFINED) !== 0n || (written(registers) & 0x100n) === 0n,
    ),
  },
  {
    forms: ["MOV CR0"],
    why: "QEMU takes NW = 1 with CD = 0 and drops bits 63:32",
    sdm: 'SDM 2B "MOV—Move to/from Control Registers": #GP(0) for both',
    matches: refused(([value]) => value! >> 32n !== 0n || (value! & 0x60000000n) === 0x20000000n),
  },
  {
    forms: ["MOV CR0"],
    why: "QEMU keeps reserved bits of CR0 below bit 32",
    sdm: 'SDM 2B "MOV—Move to/from Control Registers": reserved bits of CR0 stay 0 whatever is written',
    matches: onlyIn([
      [9, 0xffffffffn & ~CR0_DEFINED],
      [24, 0xffffffffn & ~CR0_DEFINED],
    ]),
  },
  {
    forms: ["MOV CR8"],
    why: "QEMU drops bits 63:4",
    sdm: 'SDM 3A "Task Priority in IA-32e Mode": #GP(0) for a reserved bit',
    matches: refused(([value]) => value! >> 4n !== 0n),
  },
  {
    forms: ["MOV DR"],
    why: "QEMU keeps bit 12 of DR6 and bits 12, 14 and 15 of DR7",
    sdm: 'SDM 3B "Debug Registers": these bits are always 0',
    matches: debugReserved,
  },
  {
    forms: ["IRETQ", "RETF", "far JMP", "far CALL"],
    why: "QEMU sets no accessed bit of descriptors that a far transfer loads, and IRETQ does not load VIF and VIP",
    sdm: 'SDM 3A "Segment Descriptors": accessed is set when the selector is loaded; SDM 2A "IRET": VIF and VIP are loaded at CPL 0',
    matches: (ours, qemu, registers) => {
      const ignored = new Map([
        ...DESCRIPTOR_WORDS.map((word) => [word, ACCESSED] as const),
        [FRAME_FLAGS, VIF_VIP] as const,
      ]);
      const lost = DESCRIPTOR_WORDS.some((word) => ((qemu.get(word) ?? 0n) & ~(ours.get(word) ?? 0n)) !== 0n);
      const virtual = (ours.get(FRAME_FLAGS) ?? 0n) & VIF_VIP;
      return sameBut(ours, qemu, ignored) && !lost && (virtual === 0n || virtual === (registers[1]! & VIF_VIP));
    },
  },
  {
    forms: ["RETF"],
    why: "QEMU returns to an address that is not canonical and faults there, at the new CPL",
    sdm: 'SDM 2B "RET": #GP(0) if the return instruction pointer is not canonical',
    matches: (ours, qemu) => isGeneralProtection(ours) && !isCanonical(qemu.get(2) ?? 0n),
  },
  {
    forms: ["MOV Sreg"],
    why: "QEMU loads a null selector into SS whatever its RPL",
    sdm: 'SDM 2B "MOV": #GP(0) for a null selector in SS with RPL not equal to CPL',
    matches: refused(([selector]) => (selector! & 0xfffcn) === 0n && (selector! & 3n) !== 0n),
  },
  {
    forms: ["IRETQ"],
    why: "QEMU loads a null selector into SS whatever its RPL",
    sdm: 'SDM 2A "IRET": #GP(0) for a null SS with RPL not equal to the RPL of CS',
    matches: (ours, qemu) => {
      const [cs, ss] = [qemu.get(3) ?? 0n, qemu.get(6) ?? 0n];
      return (
        isGeneralProtection(ours) && ours.get(2) !== qemu.get(2) && (ss & 0xfffcn) === 0n && (ss & 3n) !== (cs & 3n)
      );
    },
  },
  {
    forms: ["IRETQ"],
    why: "QEMU raises #NP(selector) for a stack segment that is not present; IRETQ on an AMD EPYC, tried at CPL 3, is #SS(selector)",
    sdm: 'SDM 3A "Interrupt 12 - Stack Fault Exception (#SS)": a not-present SS in a return to another privilege level; SDM 2A "IRET", Operation, against its own list of exceptions',
    matches: (ours, qemu) =>
      ours.get(VECTOR) === 12n &&
      qemu.get(VECTOR) === 11n &&
      (ours.get(1)! & ~3n) === 0x40n &&
      sameBut(ours, qemu, new Map([[VECTOR, 7n]])),
  },
  {
    forms: ["LGDT", "LIDT"],
    why: "QEMU loads a base that is not canonical",
    sdm: 'SDM 2A "LGDT/LIDT": #GP(0) if the base is not canonical',
    matches: (ours, qemu) => {
      const base = ((qemu.get(40) ?? 0n) >> 16n) | (((qemu.get(41) ?? 0n) & 0xffffn) << 48n);
      return isGeneralProtection(ours) && !qemu.has(VECTOR) && !isCanonical(base);
    },
  },
  {
    forms: ["LTR"],
    why: "QEMU loads a null selector",
    sdm: 'SDM 2A "LTR": #GP(0) for a null selector',
    matches: refused(([selector]) => (selector! & 0xfffcn) === 0n),
  },
  {
    forms: ["SYSCALL"],
    why: "QEMU clears the status flags and DF whatever IA32_FMASK says",
    sdm: 'SDM 2B "SYSCALL": RFLAGS := RFLAGS AND NOT IA32_FMASK',
    matches: (ours, qemu, registers) =>
      onlyIn([[FRAME_FLAGS, STATUS_FLAGS_AND_DF]], () => registers[4]! & ~(ours.get(8) ?? 0n))(ours, qemu, registers),
  },
  {
    forms: ["SYSRET"],
    why: "QEMU returns to an address that is not canonical and faults there",
    sdm: 'SDM 2B "SYSRET": #GP(0) if RCX is not canonical',
    matches: (ours, qemu, registers) =>
      isGeneralProtection(ours) && ours.get(3) === 8n && qemu.get(2) === registers[2] && !isCanonical(registers[2]!),
  },
  {
    forms: ["INT3 INTO"],
    why: "QEMU 7.2 takes INT1 for an invalid opcode",
    sdm: 'SDM 2A "INT n/INTO/INT3/INT1": #DB',
    matches: (ours, qemu) => ours.get(VECTOR) === 1n && qemu.get(VECTOR) === 6n,
  },
];

/**
 * QEMU's record of an exception, with its two slips put right: RF is 1 in the image that a fault pushes (SDM 3A "Saving the Value of RF"),
 * and SS becomes null only with a change of CPL, not with IST alone (SDM 3A "Interrupt Stack Table").
 */
function corrected(form: string, qemu: CaseRecord, definedFlags: bigint): CaseRecord {
  const record = new Map(qemu);
  const vector = qemu.get(VECTOR) ?? 0n;
  if (!qemu.has(3)) return record;
  const isFault = form !== "INT n" && FAULTS.includes(vector);
  if (isFault && definedFlags & FLAG_RF) record.set(FRAME_FLAGS, (qemu.get(FRAME_FLAGS) ?? 0n) | FLAG_RF);
  if (((qemu.get(3) ?? 0n) & 3n) === 0n) record.set(18, qemu.get(6) ?? 0n);
  return record;
}

/** Whether two records are the same, or differ as one of the explained differences allows. */
export function agrees(form: string, ours: CaseRecord, qemu: CaseRecord, registers: readonly bigint[]): Judgement {
  const right = corrected(form, qemu, registers[5]!);
  if (sameBut(ours, right, new Map())) return "same";
  const rules = EXPLAINED_DIFFERENCES.filter((rule) => rule.forms.includes(form));
  return rules.some((rule) => rule.matches(ours, right, registers)) ? "explained" : "different";
}
