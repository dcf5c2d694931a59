import { OPCODES_0F3A } from "../../../src/decode/0f3a-table.ts";
import { OPCODES_0F38 } from "../../../src/decode/0f38-table.ts";
import { OPCODE_GROUPS } from "../../../src/decode/groups-table.ts";
import type { OpcodeEntry } from "../../../src/decode/opcode-form.ts";
import { TWO_BYTE_OPCODES } from "../../../src/decode/two-byte-table.ts";
import { VEX_OPCODES } from "../../../src/decode/vex-table.ts";

/** An encoding that a row of the decoder's tables describes. */
export interface TableEncoding {
  readonly mnemonic: string;
  readonly isVex: boolean;
  /** 1 is 0F, 2 is 0F 38, 3 is 0F 3A. */
  readonly map: 1 | 2 | 3;
  /** 0 none, 1 66, 2 F3, 3 F2. */
  readonly prefix: 0 | 1 | 2 | 3;
  readonly opcode: number;
  /** ModRM.reg where it belongs to the opcode. */
  readonly extension: number | undefined;
  /** As in the table: "Vdq", "Wx", "Ry/Mb", ... */
  readonly operands: readonly string[];
  readonly flags: readonly string[];
}

interface Place {
  readonly isVex: boolean;
  readonly map: 1 | 2 | 3;
  readonly opcode: number;
  readonly extension: number | undefined;
}

const PREFIXES = [0, 1, 2, 3] as const;

function formOf(text: string, place: Place, prefix: 0 | 1 | 2 | 3, inherited: string): TableEncoding {
  const words = `${text} ${inherited}`.trim().split(" ");
  const operands = words[1] !== undefined && /^[A-Z]/.test(words[1]) ? words[1].split(",") : [];
  return { ...place, prefix, mnemonic: words[0]!, operands, flags: words.slice(operands.length === 0 ? 1 : 2) };
}

function fromText(text: string, place: Place, inherited: string): TableEncoding[] {
  if (text.startsWith("@")) {
    const [name, ...rest] = text.slice(1).split(" ");
    return fromEntry(OPCODE_GROUPS[name!]!, place, rest.join(" "));
  }
  return text.split("|").flatMap((part, n) => {
    const trimmed = part.trim();
    if (trimmed === "" || trimmed === "=") return [];
    return trimmed.split(" / ").map((form) => formOf(form, place, PREFIXES[n]!, inherited));
  });
}

function fromEntry(entry: OpcodeEntry, place: Place, inherited = ""): TableEncoding[] {
  if (typeof entry === "string") return fromText(entry, place, inherited);
  if ("reg" in entry) return entry.reg.flatMap((row, n) => fromEntry(row, { ...place, extension: n }, inherited));
  if ("rm" in entry) return [];
  return [...fromEntry(entry.memory, place, inherited), ...fromEntry(entry.register, place, inherited)];
}

function fromTable(rows: readonly (readonly [number, OpcodeEntry])[], map: 1 | 2 | 3, isVex: boolean): TableEncoding[] {
  return rows.flatMap(([opcode, entry]) => fromEntry(entry, { map, opcode, isVex, extension: undefined }));
}

const VECTOR_OPERAND = /^[VWUHLPQN]([a-z]|$)/;

/** Instructions on vector state that name no vector register. */
const STATE = new Set(["emms", "vzeroupper", "vzeroall", "ldmxcsr", "stmxcsr", "vldmxcsr", "vstmxcsr"]);

function isVector(encoding: TableEncoding): boolean {
  return encoding.operands.some((operand) => VECTOR_OPERAND.test(operand)) || STATE.has(encoding.mnemonic);
}

/** All encodings with MMX, XMM or YMM registers that the decode tables have. */
export const VECTOR_ENCODINGS: readonly TableEncoding[] = [
  ...fromTable([...TWO_BYTE_OPCODES.entries()], 1, false),
  ...fromTable([...OPCODES_0F38.entries()], 2, false),
  ...fromTable(OPCODES_0F3A, 3, false),
  ...([1, 2, 3] as const).flatMap((map) => fromTable(VEX_OPCODES[map]!, map, true)),
].filter(isVector);
