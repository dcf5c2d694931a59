import {
  Code,
  CodeSize,
  Decoder,
  DecoderOptions,
  Instruction as IcedInstruction,
  MemorySizeExt,
  Mnemonic,
  OpKind,
  Register,
  RoundingControl,
} from "iced-x86";
import type {
  CodeBits,
  DecodeResult,
  EvexFields,
  Instruction,
  MemoryOperand,
  Operand,
  RegisterOperand,
} from "../../src/decode/instruction.ts";
import type { Disagreement } from "./iced-explanations.ts";
import { icedMnemonic, takesNoOperands, UNSIZED_MEMORY } from "./iced-names.ts";

/** What the oracle made of one byte string; `code` is its name for the encoding, "INVALID" if there is none. */
export interface OracleResult {
  readonly code: string;
  readonly iced: IcedInstruction;
}

/** A decoder over a pool of byte strings of `STRIDE` bytes each. */
export interface Oracle {
  readonly decode: (index: number) => OracleResult;
  /** Gives back the memory outside the JavaScript heap. */
  readonly close: () => void;
}

/** One more than the longest instruction, so that over-long strings are seen as such. */
export const STRIDE = 16;

const codeNames = Code as unknown as Record<number, string>;
const mnemonicNames = Mnemonic as unknown as Record<number, string>;
const registerNames = Register as unknown as Record<number, string>;

/** Opens a pool for comparison. */
export function createOracle(pool: Uint8Array, bits: CodeBits): Oracle {
  const decoder = new Decoder(bits, pool, DecoderOptions.None);
  const iced = new IcedInstruction();
  return {
    decode: (index) => {
      decoder.position = index * STRIDE;
      decoder.ip = 0n;
      decoder.decodeOut(iced);
      return { code: codeNames[iced.code]!, iced };
    },
    close: () => {
      decoder.free();
      iced.free();
    },
  };
}

const WORDS = ["AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI"];
const BYTES = ["AL", "CL", "DL", "BL", "SPL", "BPL", "SIL", "DIL"];
const SEGMENTS = ["ES", "CS", "SS", "DS", "FS", "GS"];
const BANKS: readonly [RegExp, RegisterOperand["class"], number][] = [
  [/^XMM(\d+)$/, "xmm", 128],
  [/^YMM(\d+)$/, "ymm", 256],
  [/^ZMM(\d+)$/, "zmm", 512],
  [/^TMM(\d+)$/, "tile", 0],
  [/^MM(\d+)$/, "mmx", 64],
  [/^ST(\d+)$/, "x87", 80],
  [/^K(\d+)$/, "mask", 64],
  [/^R(\d+)$/, "gpr", 64],
  [/^R(\d+)D$/, "gpr", 32],
  [/^R(\d+)W$/, "gpr", 16],
  [/^R(\d+)L$/, "gpr", 8],
  [/^CR(\d+)$/, "control", 64],
  [/^DR(\d+)$/, "debug", 64],
];

const registerKeys = new Map<number, string>();

function registerKey(register: number): string {
  let key = registerKeys.get(register);
  if (key === undefined) {
    key = describeIcedRegister(registerNames[register]!);
    registerKeys.set(register, key);
  }
  return key;
}

function describeIcedRegister(name: string): string {
  if (SEGMENTS.includes(name)) return `segment${SEGMENTS.indexOf(name)}:16`;
  if (BYTES.includes(name)) return `gpr${BYTES.indexOf(name)}:8`;
  if (/^[ACDB]H$/.test(name)) return `gpr${BYTES.indexOf(`${name[0]}L`)}:8h`;
  if (WORDS.includes(name)) return `gpr${WORDS.indexOf(name)}:16`;
  if (WORDS.includes(name.slice(1))) return `gpr${WORDS.indexOf(name.slice(1))}:${name[0] === "E" ? 32 : 64}`;
  for (const [pattern, bank, size] of BANKS) {
    const index = pattern.exec(name)?.[1];
    if (index !== undefined) return `${bank}${index}:${size}`;
  }
  return name;
}

function describeRegister(operand: RegisterOperand): string {
  const size = operand.class === "control" || operand.class === "debug" ? 64 : operand.size;
  return `${operand.class}${operand.index}:${size}${operand.high8 ? "h" : ""}`;
}

/** How our result and the oracle's differ, or nothing if they agree. */
export function describeDisagreement(ours: DecodeResult, oracle: OracleResult): Disagreement | undefined {
  const { code } = oracle;
  switch (ours.kind) {
    case "instruction": {
      const { mnemonic } = ours.instruction;
      const difference = code === "INVALID" ? "existence" : findDifference(ours.instruction, oracle);
      return difference === undefined ? undefined : { ours: mnemonic, code, difference };
    }
    default:
      return code === "INVALID" ? undefined : { ours: ours.kind, code, difference: "existence" };
  }
}

/** The first difference between our reading and the oracle's, or nothing. */
function findDifference(ours: Instruction, oracle: OracleResult): string | undefined {
  const { iced } = oracle;
  const mnemonic = icedMnemonic(mnemonicNames[iced.mnemonic]!, oracle.code);
  if (ours.mnemonic !== mnemonic) return `mnemonic ${ours.mnemonic}, oracle ${mnemonic}`;
  if (ours.length !== iced.length) return `length ${ours.length}, oracle ${iced.length}`;
  if (ours.lock !== iced.hasLockPrefix) return "lock prefix";
  return (
    repeatDifference(ours, iced) ??
    evexDifference(ours, iced) ??
    sizeDifference(ours, oracle) ??
    operandDifference(ours, oracle)
  );
}

const ROUNDINGS: Readonly<Record<number, EvexFields["rounding"]>> = {
  [RoundingControl.RoundToNearest]: "nearest",
  [RoundingControl.RoundDown]: "down",
  [RoundingControl.RoundUp]: "up",
  [RoundingControl.RoundTowardZero]: "zero",
};

function evexDifference({ evex }: Instruction, iced: IcedInstruction): string | undefined {
  const mask = iced.hasOpMask ? iced.opMask - Register.K0 : 0;
  if ((evex?.mask ?? 0) !== mask) return `mask ${evex?.mask}, oracle ${mask}`;
  if ((evex?.zeroing ?? false) !== iced.zeroingMasking) return "zeroing";
  if ((evex?.broadcast ?? false) !== iced.isBroadcast) return "broadcast";
  const rounding = ROUNDINGS[iced.roundingControl] ?? (iced.suppressAllExceptions ? "suppress" : "mxcsr");
  return (evex?.rounding ?? "mxcsr") === rounding ? undefined : `rounding ${evex?.rounding}, oracle ${rounding}`;
}

function repeatDifference(ours: Instruction, iced: IcedInstruction): string | undefined {
  if (!iced.isStringInstruction) return undefined;
  const repeat = iced.hasRepnePrefix ? "repne" : iced.hasRepePrefix ? "rep" : "none";
  return ours.repeat === repeat ? undefined : `repeat ${ours.repeat}, oracle ${repeat}`;
}

const operandSizes = new Map<number, number>();

function sizeDifference(ours: Instruction, { iced }: OracleResult): string | undefined {
  let size = operandSizes.get(iced.code);
  if (size === undefined) {
    size = iced.opCode.operandSize;
    operandSizes.set(iced.code, size);
  }
  if (size === 0 || ours.operandSize === 8 || ours.operandSize === size) return undefined;
  return `operand size ${ours.operandSize}, oracle ${size}`;
}

function operandDifference(ours: Instruction, oracle: OracleResult): string | undefined {
  const { iced } = oracle;
  if (takesNoOperands(ours.mnemonic)) return implicitSegmentDifference(ours, iced);
  const count = iced.opCount;
  let index = 0;
  for (let position = 0; position < count; position++) {
    const kind = iced.opKind(position);
    if (isImplicitMemory(kind)) continue;
    const operand = ours.operands[index++];
    if (operand === undefined) return `operand ${position} missing`;
    const difference = compareOperand(ours, operand, { iced, kind, position });
    if (difference !== undefined) return `operand ${position}: ${difference}`;
  }
  return ours.operands.length === index ? undefined : `operands: ${ours.operands.length}, oracle ${index}`;
}

function isImplicitMemory(kind: OpKind): boolean {
  return kind >= OpKind.MemorySegSI && kind <= OpKind.MemoryESRDI;
}

function implicitSegmentDifference(ours: Instruction, iced: IcedInstruction): string | undefined {
  if (ours.operands.length > 0) return "explicit operands";
  for (let position = 0; position < iced.opCount; position++) {
    const kind = iced.opKind(position);
    if ((kind >= OpKind.MemorySegSI && kind <= OpKind.MemorySegRDI) || kind === OpKind.Memory) {
      if (ours.segment !== effectiveSegment(ours, iced)) return `implicit segment ${ours.segment}`;
    }
  }
  return undefined;
}

const STACK_BASES: ReadonlySet<number> = new Set([Register.ESP, Register.EBP, Register.RSP, Register.RBP]);

/** The oracle reports CS, DS, ES and SS overrides in 64-bit mode too, for printing; the processor ignores them. */
function effectiveSegment(ours: Instruction, iced: IcedInstruction): number {
  const segment = iced.memorySegment - Register.ES;
  if (ours.addressSize === 16 || segment > 3 || !isIgnoredOverride(iced)) return segment;
  return STACK_BASES.has(iced.memoryBase) ? 2 : 3;
}

function isIgnoredOverride(iced: IcedInstruction): boolean {
  return iced.codeSize === CodeSize.Code64 && iced.hasSegmentPrefix;
}

interface IcedOperand {
  readonly iced: IcedInstruction;
  readonly kind: OpKind;
  readonly position: number;
}

function compareOperand(ours: Instruction, operand: Operand, theirs: IcedOperand): string | undefined {
  switch (operand.kind) {
    case "register":
      return compareRegister(operand, theirs);
    case "memory":
      return compareMemory(ours, operand, theirs);
    case "immediate":
      return compareImmediate(operand, theirs);
    case "relative":
      return compareRelative(ours.length + operand.disp, theirs);
    default: {
      if (theirs.kind !== OpKind.FarBranch16 && theirs.kind !== OpKind.FarBranch32) return "not far";
      const offset = theirs.kind === OpKind.FarBranch16 ? theirs.iced.farBranch16 : theirs.iced.farBranch32;
      return operand.offset === offset && operand.selector === theirs.iced.farBranchSelector
        ? undefined
        : "far pointer";
    }
  }
}

function compareRegister(operand: RegisterOperand, { iced, kind, position }: IcedOperand): string | undefined {
  if (kind !== OpKind.Register) return `register, oracle kind ${kind}`;
  const theirs = registerKey(iced.opRegister(position));
  const ours = describeRegister(operand);
  return ours === theirs ? undefined : `${ours}, oracle ${theirs}`;
}

const IMMEDIATE_KINDS: ReadonlyMap<OpKind, readonly [encoded: number, extended: number]> = new Map([
  [OpKind.Immediate8, [8, 8]],
  [OpKind.Immediate8_2nd, [8, 8]],
  [OpKind.Immediate16, [16, 16]],
  [OpKind.Immediate32, [32, 32]],
  [OpKind.Immediate64, [64, 64]],
  [OpKind.Immediate8to16, [8, 16]],
  [OpKind.Immediate8to32, [8, 32]],
  [OpKind.Immediate8to64, [8, 64]],
  [OpKind.Immediate32to64, [32, 64]],
]);

function compareImmediate(operand: Operand & { kind: "immediate" }, theirs: IcedOperand): string | undefined {
  const sizes = IMMEDIATE_KINDS.get(theirs.kind);
  if (sizes === undefined) return `immediate, oracle kind ${theirs.kind}`;
  if (operand.size !== 0 && operand.size !== sizes[0]) return `immediate of ${operand.size} bits, oracle ${sizes[0]}`;
  const value = (BigInt(operand.hi) << 32n) | BigInt(operand.lo >>> 0);
  const expected = theirs.iced.immediate(theirs.position);
  return BigInt.asUintN(sizes[1], value) === BigInt.asUintN(sizes[1], expected) ? undefined : `immediate ${value}`;
}

function compareRelative(target: number, { iced, kind }: IcedOperand): string | undefined {
  const width = kind === OpKind.NearBranch16 ? 16 : kind === OpKind.NearBranch32 ? 32 : 64;
  if (kind > OpKind.NearBranch64 || kind < OpKind.NearBranch16) return `relative, oracle kind ${kind}`;
  const expected = iced.nearBranchTarget;
  return BigInt.asUintN(width, BigInt(target)) === expected ? undefined : `target ${target}, oracle ${expected}`;
}

function compareMemory(ours: Instruction, operand: MemoryOperand, { iced, kind }: IcedOperand): string | undefined {
  if (kind !== OpKind.Memory) return `memory, oracle kind ${kind}`;
  const size = MemorySizeExt.size(iced.memorySize) * 8;
  if (operand.size !== size && !(operand.size === 0 && UNSIZED_MEMORY.has(ours.mnemonic))) {
    return `memory of ${operand.size} bits, oracle ${size}`;
  }
  if (operand.segment !== effectiveSegment(ours, iced)) return `segment ${operand.segment}`;
  return addressDifference(ours, operand, iced);
}

function addressDifference(ours: Instruction, operand: MemoryOperand, iced: IcedInstruction): string | undefined {
  if (operand.ripRelative !== iced.isIpRelMemoryOperand) return "RIP-relative";
  if (!operand.ripRelative) {
    const base = operand.base < 0 ? "None" : `gpr${operand.base}:${ours.addressSize}`;
    if (registerKey(iced.memoryBase) !== base) return `base ${base}, oracle ${registerKey(iced.memoryBase)}`;
  }
  const index = operand.index < 0 ? "None" : `gpr${operand.index}:${ours.addressSize}`;
  const theirIndex = registerKey(iced.memoryIndex).replace(/^[xyz]mm(\d+):\d+/, `gpr$1:${ours.addressSize}`);
  if (theirIndex !== index) return `index ${index}, oracle ${theirIndex}`;
  if (operand.index >= 0 && iced.memoryIndexScale !== operand.scale) return `scale ${operand.scale}`;
  let disp = (BigInt(operand.dispHigh) << 32n) | BigInt(operand.disp >>> 0);
  if (operand.ripRelative) disp += BigInt(ours.length);
  const expected = iced.memoryDisplacement;
  return BigInt.asUintN(ours.addressSize, disp) === BigInt.asUintN(ours.addressSize, expected)
    ? undefined
    : `displacement ${disp}, oracle ${expected}`;
}
