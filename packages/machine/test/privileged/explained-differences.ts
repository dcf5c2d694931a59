/** What the guest printed of a case: the words of its record that differ from those of the empty case. */
export type CaseRecord = ReadonlyMap<number, bigint>;

/** A difference from QEMU TCG 7.2 that the manual decides, and it decides for ours. */
interface ExplainedDifference {
  readonly forms: readonly string[];
  readonly why: string;
  readonly sdm: string;
  /** Whether this case is one of them. `registers` are RAX RBX RCX RDX before it. */
  readonly matches: (ours: CaseRecord, qemu: CaseRecord, registers: readonly bigint[]) => boolean;
}

const VECTOR = 0;
const FRAME_FLAGS = 4;
const FLAG_RF = 1n << 16n;
const STATUS_FLAGS_AND_DF = 0xcd5n;

const isCanonical = (value: bigint): boolean => BigInt.asUintN(64, BigInt.asIntN(48, value)) === value;
const written = (registers: readonly bigint[]): bigint =>
  ((registers[3]! & 0xffffffffn) << 32n) | (registers[0]! & 0xffffffffn);
const faults = (record: CaseRecord): boolean => record.get(VECTOR) === 13n;

/** Our #GP(0) for a value that QEMU stores. */
function refused(value: (registers: readonly bigint[]) => boolean): ExplainedDifference["matches"] {
  return (ours, qemu, registers) => faults(ours) && !qemu.has(VECTOR) && value(registers);
}

function sameBut(ours: CaseRecord, qemu: CaseRecord, ignored: ReadonlyMap<number, bigint>): boolean {
  for (const word of new Set([...ours.keys(), ...qemu.keys()])) {
    const mask = ~(ignored.get(word) ?? 0n);
    if (((ours.get(word) ?? 0n) & mask) !== ((qemu.get(word) ?? 0n) & mask)) return false;
  }
  return true;
}

function ignoring(...words: readonly (readonly [word: number, mask: bigint])[]): ExplainedDifference["matches"] {
  return (ours, qemu) => sameBut(ours, qemu, new Map(words));
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
    why: "QEMU drops the reserved bits 63:32",
    sdm: 'SDM 2B "WRMSR": #GP(0) for a 1 in a reserved bit',
    matches: refused((registers) => written(registers) >> 32n !== 0n),
  },
  {
    forms: ["LAR"],
    why: "QEMU clears bits 19:16 of the result; processors give the descriptor's limit bits there, as this host's does",
    sdm: 'SDM 2A "LAR": bits 19:16 are undefined',
    matches: ignoring([9, 0xf0000n]),
  },
  {
    forms: ["WRMSR PAT"],
    why: "QEMU stores reserved memory types",
    sdm: 'SDM 3A "Programming the PAT": #GP(0) for a reserved type',
    matches: refused((registers) => invalidPat(written(registers))),
  },
  {
    forms: ["WRMSR EFER"],
    why: "QEMU drops reserved bits and a change of LME while paging is on",
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
    matches: ignoring([9, 0xffffffffn & ~CR0_DEFINED], [24, 0xffffffffn & ~CR0_DEFINED]),
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
    matches: ignoring([9, 0xd000n], [33, 0x1000n], [34, 0xd000n]),
  },
  {
    forms: ["IRETQ", "RETF"],
    why: "QEMU does not set the accessed bit of descriptors that a return loads",
    sdm: 'SDM 3A "Segment Descriptors": set whenever the selector is loaded',
    matches: ignoring(...Array.from({ length: 16 }, (_, n) => [48 + n, 1n << 40n] as const)),
  },
  {
    forms: ["LGDT", "LIDT"],
    why: "QEMU loads a base that is not canonical",
    sdm: 'SDM 2A "LGDT/LIDT": #GP(0) if the base is not canonical',
    matches: (ours, qemu) => {
      const base = ((qemu.get(40) ?? 0n) >> 16n) | (((qemu.get(41) ?? 0n) & 0xffffn) << 48n);
      return faults(ours) && !qemu.has(VECTOR) && !isCanonical(base);
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
    matches: ignoring([FRAME_FLAGS, STATUS_FLAGS_AND_DF]),
  },
  {
    forms: ["SYSRET"],
    why: "QEMU returns to an address that is not canonical and faults there",
    sdm: 'SDM 2B "SYSRET": #GP(0) if RCX is not canonical',
    matches: (ours, qemu, registers) =>
      faults(ours) && ours.get(3) === 8n && qemu.get(2) === registers[2] && !isCanonical(registers[2]!),
  },
  {
    forms: ["INT3 INTO"],
    why: "QEMU 7.2 takes INT1 for an invalid opcode",
    sdm: 'SDM 2A "INT n/INTO/INT3/INT1": #DB',
    matches: (ours, qemu) => ours.get(VECTOR) === 1n && qemu.get(VECTOR) === 6n,
  },
];

/** A printed line as a record; words it leaves out are those of the empty case. */
export function parseRecord(line: string, empty: CaseRecord = new Map()): CaseRecord {
  const record = new Map(empty);
  for (const [, index, value] of line.matchAll(/ (\d+)=([0-9a-f]+)/g)) record.set(Number(index), BigInt(`0x${value}`));
  return record;
}

/**
 * QEMU's record of an exception, with its two slips put right: RF is 1 in the image that a fault pushes (SDM 3A "Saving the Value of RF"),
 * and SS becomes null only with a change of CPL, not with IST alone (SDM 3A "Interrupt Stack Table").
 */
function corrected(qemu: CaseRecord, ours: CaseRecord): CaseRecord {
  const record = new Map(qemu);
  if (!qemu.has(VECTOR)) return record;
  const flags = qemu.get(FRAME_FLAGS) ?? 0n;
  if ((ours.get(FRAME_FLAGS) ?? 0n) & FLAG_RF) record.set(FRAME_FLAGS, flags | FLAG_RF);
  if (((qemu.get(3) ?? 0n) & 3n) === 0n && qemu.get(18) === 0n) record.set(18, ours.get(18) ?? 0n);
  return record;
}

/** Whether two records are the same, or differ as one of the explained differences allows. */
export function agrees(
  form: string,
  ours: CaseRecord,
  qemu: CaseRecord,
  registers: readonly bigint[],
): "same" | "explained" | "different" {
  const right = corrected(qemu, ours);
  if (sameBut(ours, right, new Map())) return "same";
  const rules = EXPLAINED_DIFFERENCES.filter((rule) => rule.forms.includes(form));
  return rules.some((rule) => rule.matches(ours, right, registers)) ? "explained" : "different";
}
