import { OPCODE_GROUPS } from "./groups-table.ts";
import type { OpcodeEntry, OpcodeForm, OpcodeNode } from "./opcode-form.ts";
import {
  type ModrmUse,
  NAMED_OPERANDS,
  NUMBERED_METHODS,
  OPERAND_METHODS,
  type OperandReader,
  splitReader,
} from "./operand-methods.ts";
import { OPERAND_SIZES } from "./operand-sizes.ts";

/*
 * The notation of the opcode tables, that of SDM 2 "Opcode Map" as far as it goes:
 *
 *   entry        ""  an undefined opcode
 *                "form / form"  alternatives; the first whose conditions hold is taken
 *                "np|66|f3|f2"  forms by mandatory prefix; empty is undefined, "=" is as without prefix, a missing end is
 *                    empty; an entry without a bar takes any prefix
 *                "@group operands flags"  a row of `groups-table.ts`, whose forms inherit operands and flags
 *   form         "mnemonic operands flags"
 *   operands     "Ev,Gv": addressing method and size; "Rv/Mw": a register of one size or memory of another
 *   flags        see FLAGS
 */

type FormFields = { -readonly [Field in keyof OpcodeForm]: OpcodeForm[Field] };

const LENGTHS = [128, 256, 512];

const FLAGS: Readonly<Record<string, Partial<OpcodeForm>>> = {
  i64: { mode: "not64" },
  o64: { mode: "only64" },
  d64: { width: "default64" },
  f64: { width: "force64" },
  nat: { width: "natural" },
  os16: { selectedSize: 16 },
  os32: { selectedSize: 32 },
  os64: { selectedSize: 64 },
  "=8": { reportedSize: 8 },
  "=16": { reportedSize: 16 },
  "=32": { reportedSize: 32 },
  w0: { w: false },
  w1: { w: true },
  l0: { vectorLengths: [128] },
  l1: { vectorLengths: [256] },
  l2: { vectorLengths: [512] },
  l12: { vectorLengths: [256, 512] },
  b0: { rexB: false },
  lock: { isLockable: true },
  nocs: { excludesCs: true },
  anymod: { mod: "ignored", hasModrm: true },
  modrm: { hasModrm: true },
  mem: { mod: "memory", hasModrm: true },
  reg: { mod: "register", hasModrm: true },
  vvvv: { usesVvvv: true },
  vsib: { isVsib: true },
  sib: { needsSib: true },
  udest: { distinct: "destination" },
  uall: { distinct: "all" },
  suffix: { isSuffixed: true },
  k: { masking: "merging" },
  kz: { masking: "zeroing" },
  kx: { masking: "required" },
  b16: { broadcast: 16 },
  b32: { broadcast: 32 },
  b64: { broadcast: 64 },
  sae: { rounding: "suppress" },
  er: { rounding: "control" },
  n8: { displacementUnit: 8 },
  n16: { displacementUnit: 16 },
  n32: { displacementUnit: 32 },
  n64: { displacementUnit: 64 },
  no66: { excludesOperandSizePrefix: true },
};

/** Operands that make an instruction a byte instruction, if no wider general-purpose operand stands beside them. */
const BYTE_OPERANDS = new Set(["AL", "Eb", "Gb", "Zb", "Mb", "Ob"]);
const WIDER_OPERAND = /^([EGZRM][vwdqyz]|R[vwdqy]\/M\w+|[PQVWHU].*)$/;

const VECTOR_SIZED = /^[VHWULM]x[hqe]?$|\/Mx[hqe]?$/;

/** Compiles one table entry; `inherited` is what a group's row appends to each form. */
export function compileEntry(entry: OpcodeEntry, inherited = ""): OpcodeNode | undefined {
  if (typeof entry === "string") return compileText(entry, inherited);
  if ("reg" in entry) return { kind: "reg", hasModrm: true, nodes: compileAll(entry.reg, inherited) };
  if ("rm" in entry) return { kind: "rm", hasModrm: true, nodes: compileAll(entry.rm, inherited) };
  return {
    kind: "mod",
    hasModrm: true,
    memory: compileEntry(entry.memory, inherited),
    register: compileEntry(entry.register, inherited),
  };
}

function compileAll(entries: readonly OpcodeEntry[], inherited: string): (OpcodeNode | undefined)[] {
  return entries.map((entry) => compileEntry(entry, inherited));
}

function compileText(text: string, inherited: string): OpcodeNode | undefined {
  if (text === "") return undefined;
  if (text.includes("|")) return compilePrefixes(text, inherited);
  if (text.startsWith("@")) return compileGroup(text);
  const forms = text.split(" / ").map((form) => parseForm(form, inherited));
  return { kind: "forms", hasModrm: forms.some((form) => form.hasModrm), forms };
}

function compileGroup(text: string): OpcodeNode | undefined {
  const space = text.indexOf(" ");
  const name = space < 0 ? text.slice(1) : text.slice(1, space);
  return compileEntry(OPCODE_GROUPS[name]!, space < 0 ? "" : text.slice(space + 1));
}

function compilePrefixes(text: string, inherited: string): OpcodeNode {
  const parts = text.split("|").map((part) => part.trim());
  const nodes = [0, 1, 2, 3].map((index) => {
    const part = parts[index] ?? "";
    return part === "=" ? null : compileText(part, inherited);
  });
  return { kind: "prefix", hasModrm: nodes.some((node) => node?.hasModrm === true), nodes };
}

function parseForm(text: string, inherited: string): OpcodeForm {
  const words = text.trim().split(" ");
  const mnemonic = words[0]!;
  const ownOperands = words[1] !== undefined && !(words[1] in FLAGS) ? words[1] : undefined;
  const inheritedWords = inherited === "" ? [] : inherited.split(" ");
  const inheritedOperands = inheritedWords[0] !== undefined && !(inheritedWords[0] in FLAGS) ? inheritedWords[0] : "";
  const form = createForm(mnemonic);
  applyOperands(form, ownOperands ?? inheritedOperands);
  applyFlags(form, ownOperands === undefined ? words.slice(1) : words.slice(2));
  applyFlags(form, inheritedOperands === "" ? inheritedWords : inheritedWords.slice(1));
  return form;
}

function applyFlags(form: FormFields, flags: readonly string[]): void {
  for (const flag of flags) {
    if (!(flag in FLAGS)) throw new Error(`opcode table: unknown flag "${flag}"`);
    Object.assign(form, FLAGS[flag]);
  }
}

function createForm(mnemonic: string): FormFields {
  return {
    mnemonic,
    operands: [],
    hasModrm: false,
    mode: "any",
    mod: "any",
    w: undefined,
    vectorLengths: LENGTHS,
    selectedSize: undefined,
    rexB: undefined,
    width: "plain",
    reportedSize: undefined,
    isLockable: false,
    excludesCs: false,
    isVsib: false,
    needsSib: false,
    distinct: "none",
    isSuffixed: false,
    excludesOperandSizePrefix: false,
    usesVvvv: false,
    masking: "none",
    broadcast: 0,
    rounding: "none",
    displacementUnit: 0,
    isVectorSized: false,
  };
}

function applyOperands(form: FormFields, text: string): void {
  const tokens = text === "" ? [] : text.split(",");
  form.operands = tokens.map((token) => parseOperand(token, form));
  form.isVectorSized = tokens.some((token) => VECTOR_SIZED.test(token));
  const isByte = tokens.some((token) => BYTE_OPERANDS.has(token));
  if (isByte && !tokens.some((token) => WIDER_OPERAND.test(token))) form.reportedSize = 8;
}

function parseOperand(token: string, form: FormFields): OperandReader {
  const named = NAMED_OPERANDS[token];
  if (named !== undefined) {
    if (token === "STi") form.hasModrm = true;
    return named;
  }
  const slash = token.indexOf("/");
  if (slash > 0) {
    form.hasModrm = true;
    return splitReader(parseMethod(token.slice(0, slash), form, true), parseMethod(token.slice(slash + 1), form, true));
  }
  return parseMethod(token, form, false);
}

function parseMethod(token: string, form: FormFields, isSplit: boolean): OperandReader {
  const method = NUMBERED_METHODS[token] ?? OPERAND_METHODS[token[0]!];
  const size = OPERAND_SIZES[token in NUMBERED_METHODS ? "" : token.slice(1)];
  if (method === undefined || size === undefined) throw new Error(`opcode table: unknown operand "${token}"`);
  if (method.modrm !== "none") form.hasModrm = true;
  if (!isSplit) restrictMod(form, method.modrm);
  if (method.usesVvvv === true) form.usesVvvv = true;
  return method.reader(size);
}

function restrictMod(form: FormFields, use: ModrmUse): void {
  if (use === "memory" || use === "register") form.mod = use;
}
