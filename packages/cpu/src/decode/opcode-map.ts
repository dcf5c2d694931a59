import type { DecodeCursor } from "./cursor.ts";
import type { OpcodeEntry, OpcodeForm, OpcodeNode } from "./opcode-form.ts";
import { compileEntry } from "./opcode-notation.ts";
import { baseOperandSize } from "./prefixes.ts";

/** An opcode map of 256 rows that compiles each row when it is first met. */
export interface OpcodeMap {
  readonly lookUp: (opcode: number) => OpcodeNode | undefined;
}

/** Wraps a table; missing rows are undefined opcodes. */
export function createOpcodeMap(entries: Readonly<Record<number, OpcodeEntry>>): OpcodeMap {
  const compiled: (OpcodeNode | undefined | null)[] = new Array(256).fill(null);
  return {
    lookUp: (opcode) => {
      const known = compiled[opcode];
      if (known !== null) return known;
      const node = compileEntry(entries[opcode] ?? "");
      compiled[opcode] = node;
      return node;
    },
  };
}

const PREFIX_NONE = 0;
const PREFIX_66 = 1;

function mandatoryPrefix(cursor: DecodeCursor): number {
  if (cursor.repeatPrefix !== 0) return cursor.repeatPrefix === 0xf3 ? 2 : 3;
  return cursor.operandSizePrefix ? PREFIX_66 : PREFIX_NONE;
}

/** Follows prefix and ModRM choices down to the form that these bytes select. The ModRM byte has been read. */
export function selectForm(cursor: DecodeCursor, root: OpcodeNode): OpcodeForm | undefined {
  let node: OpcodeNode | undefined = root;
  for (;;) {
    if (node === undefined) return undefined;
    switch (node.kind) {
      case "forms":
        return firstMatch(cursor, node.forms);
      case "prefix":
        node = selectByPrefix(cursor, node.nodes);
        break;
      case "reg":
        node = node.nodes[cursor.reg];
        break;
      case "rm":
        node = node.nodes[cursor.rm];
        break;
      default:
        node = cursor.mod === 3 ? node.register : node.memory;
    }
  }
}

/** Takes the branch of the mandatory prefix. A prefix that selects a branch of its own loses its usual meaning. */
function selectByPrefix(
  cursor: DecodeCursor,
  nodes: readonly (OpcodeNode | undefined | null)[],
): OpcodeNode | undefined {
  const prefix = mandatoryPrefix(cursor);
  const node = nodes[prefix];
  if (node === null) return nodes[PREFIX_NONE] ?? undefined;
  if (prefix === PREFIX_66) cursor.operandSizePrefix = false;
  else cursor.repeatPrefix = 0;
  return node;
}

function firstMatch(cursor: DecodeCursor, forms: readonly OpcodeForm[]): OpcodeForm | undefined {
  for (const form of forms) {
    if (matchesMode(cursor, form) && matchesModrm(cursor, form) && matchesSizes(cursor, form)) return form;
  }
  return undefined;
}

function matchesMode(cursor: DecodeCursor, form: OpcodeForm): boolean {
  return form.mode === "any" || (form.mode === "only64") === (cursor.bits === 64);
}

function matchesModrm(cursor: DecodeCursor, form: OpcodeForm): boolean {
  if (form.mod === "any" || form.mod === "ignored") return true;
  return (form.mod === "register") === (cursor.mod === 3);
}

function matchesSizes(cursor: DecodeCursor, form: OpcodeForm): boolean {
  return (
    !(form.excludesOperandSizePrefix && cursor.operandSizePrefix) &&
    (form.w === undefined || form.w === cursor.rexW) &&
    (form.selectedSize === undefined || form.selectedSize === baseOperandSize(cursor)) &&
    (cursor.vectorPrefix === undefined || form.vectorLengths.includes(cursor.vectorLength)) &&
    (form.rexB === undefined || form.rexB === (cursor.rexB !== 0))
  );
}
