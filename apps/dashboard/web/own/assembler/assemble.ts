import { AssemblyState, type Statement } from "@defasm/core";
import { bootImage } from "./boot-image.ts";
import { ROUTINES, STUB } from "./runtime.ts";
import { BARE, STAND_INS, type StandIn } from "./stand-ins-table.ts";

/** What is wrong with a line of the source, counted from 1. */
export interface AssemblyError {
  readonly line: number;
  readonly message: string;
}

export type Assembled =
  | { readonly image: Uint8Array<ArrayBuffer>; readonly bytes: number }
  | { readonly errors: readonly AssemblyError[] };

/** A line for the assembler, and where it comes from. */
interface Line {
  readonly text: string;
  /** In the source; 0 for what is added to it. */
  readonly from: number;
  readonly standIn: StandIn | null;
}

const LINE = /^(\s*(?:[\w.]+:\s*)?)([a-z]+)\b(.*)$/i;
const REGISTER = /^(?:[re]?(?:[abcd]x|[sd]i|[sb]p|ip)|r(?:[89]|1[0-5])d?)$/i;
const LEGACY_PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);

/** Assembles 64-bit code in Intel's syntax into an image that boots by itself. */
export function assemble(source: string): Assembled {
  const lines = [
    ...source.split("\n").flatMap((text, index) => translated(text, index + 1)),
    ...ROUTINES.split("\n").flatMap((text) => translated(text, 0)),
  ];
  const built = build(lines, 64);
  if ("errors" in built) return built;
  const stub = build(
    STUB.split("\n").map((text) => ({ text, from: 0, standIn: null })),
    32,
  );
  if ("errors" in stub) throw new Error(`the start of every image: ${stub.errors[0]?.message}`);
  return { image: bootImage(stub.code, built.code), bytes: built.code.length };
}

/** Instructions that the assembler does not know are written as bytes, or as others whose bytes are changed afterwards. */
function translated(text: string, from: number): Line[] {
  const code = relative(text.replace(/#.*$/, "").replace(/\b(byte|word|dword|qword)\s+\[/gi, "$1 ptr ["));
  const [, label = "", mnemonic = "", rest = ""] = LINE.exec(code) ?? [];
  const bare = BARE[mnemonic.toLowerCase()];
  if (bare !== undefined) return [{ text: `${label}db ${bare.join(", ")}`, from, standIn: null }];
  const standIn = STAND_INS[mnemonic.toLowerCase()];
  if (standIn === undefined) return [{ text: code, from, standIn: null }];
  const prefix = { text: `${label}${standIn.prefix === undefined ? "" : `db ${standIn.prefix}`}`, from, standIn: null };
  return [prefix, { text: `  ${standIn.like}${rest}`, from, standIn }];
}

/** Labels are found from where the code is, so that it need not know where it lies. */
function relative(text: string): string {
  const [, start = "", name = "", rest = ""] =
    /^(\s*(?:[\w.]+:\s*)?lea\s+\w+\s*,\s*)([a-z_]\w*)(.*)$/i.exec(text) ?? [];
  const lea = name === "" || REGISTER.test(name) ? text : `${start}[${name}]${rest}`;
  return lea.replace(/\[\s*([a-z_]\w*)\s*\]/gi, (whole, label: string) =>
    REGISTER.test(label) ? whole : `[rip+${label}]`,
  );
}

function build(lines: readonly Line[], bitness: 32 | 64): { code: Uint8Array } | { errors: AssemblyError[] } {
  const state = new AssemblyState({ bitness, syntax: { intel: true, prefix: false } });
  state.compile(lines.map(({ text }) => text).join("\n"), { haltOnError: false });
  const code = Uint8Array.from(state.head.dump());
  const errors: AssemblyError[] = [];
  state.iterate((statement, number) => {
    const { from = 0, standIn = null } = lines[number - 1] ?? {};
    const message = wrongWith(statement);
    if (message !== null) errors.push({ line: from, message });
    else if (standIn !== null && statement.length > 0) change(code, statement.address, standIn);
  });
  return errors.length > 0 ? { errors } : { code };
}

/** References to labels that are somewhere near leave no relocation. */
function wrongWith({ error, relocations = [] }: Statement): string | null {
  if (error) return error.message;
  if (relocations.some(({ pcRelative }) => !pcRelative))
    return "a label’s address as a number is not possible; load it with “lea register, label”";
  return relocations.length > 0 ? "there is no such label" : null;
}

/** Makes the instruction at a place the one that it stands in for. */
function change(code: Uint8Array, start: number, { opcode, extension }: StandIn): void {
  let at = start;
  while (LEGACY_PREFIXES.has(code[at] ?? 0)) at += 1;
  if (((code[at] ?? 0) & 0xf0) === 0x40) at += 1;
  // 0F, and 38 where the map has a byte more.
  at += code[at + 1] === 0x38 ? 2 : 1;
  if (opcode !== undefined) code[at] = opcode;
  if (extension !== undefined) code[at + 1] = ((code[at + 1] ?? 0) & 0xc7) | (extension << 3);
}
