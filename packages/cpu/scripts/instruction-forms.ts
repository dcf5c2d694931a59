import { OPCODES_0F3A } from "../src/decode/0f3a-table.ts";
import { OPCODES_0F38 } from "../src/decode/0f38-table.ts";
import { decode } from "../src/decode/decoder.ts";
import { EVEX_OPCODES } from "../src/decode/evex-table.ts";
import type { Instruction, VectorPrefix } from "../src/decode/instruction.ts";
import { ONE_BYTE_OPCODES } from "../src/decode/one-byte-table.ts";
import type { OpcodeEntry, OpcodeForm, OpcodeNode, SparseTable } from "../src/decode/opcode-form.ts";
import { compileEntry } from "../src/decode/opcode-notation.ts";
import { THREE_D_NOW_SUFFIXES } from "../src/decode/three-d-now-table.ts";
import { TWO_BYTE_OPCODES } from "../src/decode/two-byte-table.ts";
import { VEX_OPCODES } from "../src/decode/vex-table.ts";
import { XOP_OPCODES } from "../src/decode/xop-table.ts";

/** An opcode map: its rows, and how the manual writes what stands before the opcode. */
interface TableOfOpcodes {
  readonly rows: SparseTable;
  readonly escapes: readonly number[];
  readonly vectorPrefix?: VectorPrefix;
  /** Number of the map in a vector prefix, and its name there. */
  readonly map: number;
  readonly name: string;
}

/** Where in an opcode's choices a form stands. */
interface Path {
  readonly table: TableOfOpcodes;
  readonly opcode: number;
  /** The opcode has a ModRM byte in some of its forms, so that all of them read it. */
  readonly hasModrm: boolean;
  readonly prefix?: number;
  readonly mod?: "memory" | "register";
  readonly reg?: number;
  readonly rm?: number;
}

/** One form of an instruction: how it is encoded, and one example of it for each kind of ModRM operand. */
export interface InstructionForm {
  readonly path: Path;
  readonly form: OpcodeForm;
  readonly examples: readonly Instruction[];
}

function dense(rows: readonly OpcodeEntry[]): SparseTable {
  return rows.map((entry, opcode) => [opcode, entry] as const);
}

const VECTOR_MAP_NAMES: Readonly<Record<number, string>> = { 1: "0F", 2: "0F38", 3: "0F3A" };

function vectorTables(
  prefix: VectorPrefix,
  tables: readonly (SparseTable | undefined)[],
  first: number,
): TableOfOpcodes[] {
  return tables.flatMap((rows, index) => {
    const map = first + index;
    const name = VECTOR_MAP_NAMES[map] ?? `MAP${map.toString(16).toUpperCase()}`;
    return rows === undefined ? [] : [{ rows, escapes: [], vectorPrefix: prefix, map, name }];
  });
}

const TABLES: readonly TableOfOpcodes[] = [
  { rows: dense(ONE_BYTE_OPCODES), escapes: [], map: 0, name: "" },
  { rows: dense(TWO_BYTE_OPCODES), escapes: [0x0f], map: 0, name: "0F " },
  { rows: dense(OPCODES_0F38), escapes: [0x0f, 0x38], map: 0, name: "0F 38 " },
  { rows: OPCODES_0F3A, escapes: [0x0f, 0x3a], map: 0, name: "0F 3A " },
  ...vectorTables("vex", VEX_OPCODES, 0),
  ...vectorTables("evex", EVEX_OPCODES, 0),
  ...vectorTables("xop", XOP_OPCODES, 8),
];

function walk(node: OpcodeNode | undefined | null, path: Path, sink: (path: Path, form: OpcodeForm) => void): void {
  if (node === undefined || node === null) return;
  switch (node.kind) {
    case "forms":
      for (const form of node.forms) sink(path, form);
      break;
    case "prefix":
      node.nodes.forEach((child, prefix) => {
        walk(child, { ...path, prefix }, sink);
      });
      break;
    case "reg":
    case "rm":
      node.nodes.forEach((child, index) => {
        walk(child, { ...path, [node.kind]: index }, sink);
      });
      break;
    default:
      walk(node.memory, { ...path, mod: "memory" }, sink);
      walk(node.register, { ...path, mod: "register" }, sink);
  }
}

const MANDATORY_PREFIXES: readonly (readonly number[])[] = [[], [0x66], [0xf3], [0xf2]];
const LENGTH_CODES: Readonly<Record<number, number>> = { 128: 0, 256: 1, 512: 2 };

/** Bytes before the ModRM byte. */
function openingBytes({ table, opcode, prefix = 0 }: Path, form: OpcodeForm): number[] {
  const length = LENGTH_CODES[form.vectorLengths[0]!]!;
  const vvvv = form.usesVvvv ? 0x68 : 0x78;
  const w = form.w === true ? 0x80 : 0;
  switch (table.vectorPrefix) {
    case "vex":
    case "xop":
      return [table.vectorPrefix === "vex" ? 0xc4 : 0x8f, 0xe0 | table.map, w | vvvv | (length << 2) | prefix, opcode];
    case "evex": {
      const mask = form.masking === "required" ? 1 : 0;
      return [0x62, 0xf0 | table.map, w | vvvv | 4 | prefix, (length << 5) | 8 | mask, opcode];
    }
    default: {
      const size = form.selectedSize === 16 ? [0x66] : [];
      const rex = form.w === true || form.selectedSize === 64 ? [0x48] : [];
      return [...size, ...MANDATORY_PREFIXES[prefix]!, ...rex, ...table.escapes, opcode];
    }
  }
}

/** A memory operand at [RBX], or with index register 1 where there must be a SIB byte. */
function modrmBytes({ reg = 0, rm }: Path, form: OpcodeForm, isMemory: boolean): number[] {
  const field = (form.excludesCs ? 3 : reg) << 3;
  if (!isMemory) return [0xc0 | field | (rm ?? (form.distinct === "none" ? 0 : 3))];
  return form.isVsib || form.needsSib ? [field | 4, 0x0b] : [field | 3];
}

/** Prefixes that a form may need because others of its opcode come first: XCHG with R8, a NOP where 66 is no CLDEMOTE. */
const FURTHER_PREFIXES: readonly (readonly number[])[] = [[], [0x41], [0x66]];

/** An example in 64-bit code, or in 32-bit code if the form exists only there. */
function exampleOf(path: Path, form: OpcodeForm, isMemory: boolean): Instruction | undefined {
  const modrm = path.hasModrm ? modrmBytes(path, form, isMemory) : [];
  const suffix = form.isSuffixed ? Number(Object.keys(THREE_D_NOW_SUFFIXES)[0]) : 0;
  const encoding = [...openingBytes(path, form), ...modrm, suffix, ...new Array<number>(10).fill(0)];
  for (const further of FURTHER_PREFIXES) {
    const bytes = Uint8Array.from([...further, ...encoding]);
    for (const bits of [64, 32] as const) {
      const result = decode(bytes, 0, bytes.length, bits);
      if (result.kind === "instruction" && (form.isSuffixed || result.instruction.mnemonic === form.mnemonic))
        return result.instruction;
    }
  }
  return undefined;
}

function examplesOf(path: Path, form: OpcodeForm): Instruction[] {
  const isFixed = path.mod === "register" || path.rm !== undefined;
  const memory = path.hasModrm && form.mod !== "register" && form.mod !== "ignored" && !isFixed;
  const register = !path.hasModrm || (form.mod !== "memory" && path.mod !== "memory");
  const kinds = [...(memory ? [true] : []), ...(register ? [false] : [])];
  const examples = kinds.map((isMemory) => exampleOf(path, form, isMemory)).filter((found) => found !== undefined);
  if (examples.length < kinds.length) {
    throw new Error(`no example of ${form.mnemonic}: ${path.table.name}${path.opcode.toString(16)}`);
  }
  return examples;
}

/** 3DNow! instructions differ in their last byte only. */
function expandSuffix(found: InstructionForm): InstructionForm[] {
  if (!found.form.isSuffixed) return [found];
  return Object.values(THREE_D_NOW_SUFFIXES).map((mnemonic) => ({
    ...found,
    form: { ...found.form, mnemonic },
    examples: found.examples.map((example) => ({ ...example, mnemonic })),
  }));
}

/** Every form that the decoder's tables define, in their order. */
export function instructionForms(): InstructionForm[] {
  const forms: InstructionForm[] = [];
  for (const table of TABLES) {
    for (const [opcode, entry] of table.rows) {
      const node = compileEntry(entry);
      walk(node, { table, opcode, hasModrm: node?.hasModrm === true }, (path, form) => {
        forms.push(...expandSuffix({ path, form, examples: examplesOf(path, form) }));
      });
    }
  }
  return forms;
}
