import type { Draft, RmOperand } from "../draft.ts";
import { encode, encodeVex } from "../encode.ts";
import type { DeclaredDifference, Form } from "../form.ts";
import { UNMAPPED_PAGE, WINDOW } from "../native-case.ts";
import type { Lane } from "../special-values.ts";
import type { TableEncoding } from "./vector-encodings.ts";

/** Sets up what an instruction needs of its operands. */
export type Preparation = (draft: Draft, encoding: TableEncoding) => void;

/** How the operands of one case are encoded. */
interface Fields {
  reg: number;
  vvvv: number;
  rm: RmOperand | undefined;
  readonly immediate: number[];
}

const SIZES: Readonly<Record<string, number>> = { b: 1, w: 2, d: 4, ss: 4, q: 8, sd: 8, dq: 16, qq: 32 };
const VECTOR_PARTS: Readonly<Record<string, number>> = { x: 1, xh: 2, xq: 4, xe: 8 };
const UNALIGNED = /^(movups|movupd|movdqu|lddqu|pcmp[ei]str[im])$/;
const ALIGNED = /^v(movaps|movapd|movdqa|movntps|movntpd|movntdq|movntdqa)$/;

function memoryBytes(size: string, length: number, width: 32 | 64): number {
  const part = VECTOR_PARTS[size];
  if (part !== undefined) return length / 8 / part;
  return size === "y" ? width / 8 : SIZES[size]!;
}

function isAligned({ mnemonic, isVex }: TableEncoding, bytes: number): boolean {
  return isVex ? ALIGNED.test(mnemonic) : bytes === 16 && !UNALIGNED.test(mnemonic);
}

function memory(draft: Draft, encoding: TableEncoding, bytes: number): RmOperand {
  // AMD's processors do not ask for aligned operands of SHA instructions.
  if (encoding.mnemonic.startsWith("sha")) return draft.memory(bytes, BigInt(WINDOW + draft.random.below(8) * 16));
  if (draft.random.chance(3)) return draft.memory(bytes, BigInt(UNMAPPED_PAGE - 1 - draft.random.below(bytes)));
  // A masked store that does not fault must not change bytes that no case sets.
  if (/^vp?maskmov(d|q|ps|pd)$/.test(encoding.mnemonic)) return draft.memory(bytes, draft.target(bytes, false));
  return isAligned(encoding, bytes) ? draft.alignedMemory(bytes) : draft.memory(bytes);
}

/** "Wx", "Ux", "Mq" or "Ry/Mb": a register, memory, or either. */
function rmOperand(draft: Draft, encoding: TableEncoding, token: string, sizes: Sizes): RmOperand {
  const parts = token.split("/");
  const memoryPart = parts.find((part) => !/^[UNR]/.test(part));
  const registerPart = parts.find((part) => !part.startsWith("M"));
  const inMemory = registerPart === undefined || (memoryPart !== undefined && draft.random.chance(50));
  if (!inMemory) return draft.registerOperand(draft.register());
  return memory(draft, encoding, memoryBytes(memoryPart!.slice(1), sizes.length, sizes.width));
}

interface Sizes {
  /** Bits of the vectors. */
  readonly length: 128 | 256;
  /** W. */
  readonly width: 32 | 64;
}

function fieldsOf(draft: Draft, encoding: TableEncoding, sizes: Sizes): Fields {
  const fields: Fields = { reg: encoding.extension ?? 0, vvvv: 0, rm: undefined, immediate: [] };
  for (const token of encoding.operands) {
    if (/^[VPG]/.test(token)) fields.reg = draft.register();
    else if (token.startsWith("H")) fields.vvvv = draft.register();
    else if (token.startsWith("L")) fields.immediate.push((draft.register() << 4) | draft.random.below(16));
    else if (token === "Ib") fields.immediate.push(draft.random.below(draft.random.chance(40) ? 40 : 256));
    else fields.rm = rmOperand(draft, encoding, token, sizes);
  }
  return fields;
}

function widthOf(draft: Draft, { flags }: TableEncoding): 32 | 64 {
  if (flags.includes("w1")) return 64;
  return flags.includes("w0") || draft.legacy || draft.random.chance(70) ? 32 : 64;
}

function legacyBytes(draft: Draft, encoding: TableEncoding, fields: Fields, width: 32 | 64): number[] {
  const prefix = [undefined, 0x66, 0xf3, 0xf2][encoding.prefix];
  const map = encoding.map === 1 ? [0x0f] : [0x0f, encoding.map === 2 ? 0x38 : 0x3a];
  const opcode = [...map, encoding.opcode];
  if (fields.rm === undefined) return opcode;
  return encode(draft, {
    width,
    opcode,
    reg: fields.reg,
    rm: fields.rm,
    immediate: fields.immediate,
    ...(prefix === undefined ? {} : { prefix }),
  });
}

function vexBytes(draft: Draft, encoding: TableEncoding, fields: Fields, sizes: Sizes): number[] {
  const { map, prefix, opcode } = encoding;
  if (fields.rm === undefined) return [0xc5, sizes.length === 256 ? 0xfc : 0xf8, opcode];
  return encodeVex({
    ...sizes,
    map,
    prefix,
    opcode,
    reg: fields.reg,
    vvvv: fields.vvvv,
    rm: fields.rm,
    immediate: fields.immediate,
    short: draft.random.chance(50),
  });
}

const LANES: readonly Lane[] = ["i8", "i16", "i32", "i64"];

function namesMmx({ operands, mnemonic }: TableEncoding): boolean {
  return mnemonic === "emms" || operands.some((operand) => /^[PQN]/.test(operand));
}

/** Registers, window and sometimes a pending x87 exception, which MMX instructions raise. */
function fill(draft: Draft, encoding: TableEncoding, lanes: readonly Lane[]): void {
  const lane = draft.random.pick(lanes);
  draft.vectors(lane);
  if (!namesMmx(encoding)) return;
  draft.mmx(lane);
  if (draft.random.chance(3)) draft.extended.raisePending(1 << draft.random.below(6));
}

/** Vector lengths of an encoding that get forms of their own; undefined where VEX.L means nothing. */
function lengthsOf({ isVex, flags, operands }: TableEncoding): readonly (128 | 256 | undefined)[] {
  if (!isVex || flags.includes("l0")) return [128];
  if (flags.includes("l1")) return [256];
  return operands.some((operand) => /^[VWUHM]x/.test(operand)) ? [128, 256] : [undefined];
}

/** What sets an instruction apart from the others with such operands. */
export interface FormOptions {
  readonly prepare?: Preparation;
  readonly lanes?: readonly Lane[];
  readonly declared?: readonly DeclaredDifference[];
}

function formOf(encoding: TableEncoding, length: 128 | 256 | undefined, options: FormOptions): Form {
  const { mnemonic, operands, flags, isVex } = encoding;
  const suffix = isVex && length !== undefined ? ` ${length}` : "";
  return {
    name: [mnemonic, operands.join(","), ...flags].join(" ").trimEnd() + suffix,
    make: (draft) => {
      fill(draft, encoding, options.lanes ?? LANES);
      options.prepare?.(draft, encoding);
      const sizes = { length: length ?? draft.random.pick([128, 256] as const), width: widthOf(draft, encoding) };
      const fields = fieldsOf(draft, encoding, sizes);
      const bytes = isVex
        ? vexBytes(draft, encoding, fields, sizes)
        : legacyBytes(draft, encoding, fields, sizes.width);
      return { bytes, declared: options.declared ?? [] };
    },
  };
}

/** Forms of an encoding, one for each vector length it has: any registers, any memory operand. */
export function operandForms(encoding: TableEncoding, options: FormOptions = {}): Form[] {
  return lengthsOf(encoding).map((length) => formOf(encoding, length, options));
}
