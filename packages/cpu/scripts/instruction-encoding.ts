import type { InstructionForm } from "./instruction-forms.ts";

const MANDATORY = ["", "66 ", "F3 ", "F2 "];
const VECTOR_MANDATORY = ["", ".66", ".F3", ".F2"];

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}

const MODES = { any: "", not64: " (not in 64-bit mode)", only64: " (64-bit mode)" } as const;

/** `/r`, `/digit`, or the whole ModRM byte where it names the instruction. */
function modrmText({ path, form }: InstructionForm): string {
  if (!path.hasModrm) return "";
  if (path.rm !== undefined) return ` ${hex(0xc0 | ((path.reg ?? 0) << 3) | path.rm)}`;
  const digit = path.reg === undefined ? "/r" : `/${path.reg}`;
  const isMemory = path.mod === "memory" || form.mod === "memory";
  const isRegister = path.mod === "register" || form.mod === "register";
  return ` ${isMemory ? "m" : isRegister ? "r" : ""}${digit}`;
}

function lengthText(lengths: readonly number[]): string {
  return lengths.length < 3 ? `.${lengths.join("/")}` : "";
}

function openingText({ path, form }: InstructionForm): string {
  const { table, prefix = 0 } = path;
  if (table.vectorPrefix === undefined) {
    const size = form.selectedSize === undefined ? "" : `o${form.selectedSize} `;
    return `${MANDATORY[prefix]}${size}${form.w === true ? "REX.W " : ""}${table.name}`;
  }
  const w = form.w === undefined ? "" : form.w ? ".W1" : ".W0";
  return `${table.vectorPrefix.toUpperCase()}${lengthText(form.vectorLengths)}${VECTOR_MANDATORY[prefix]}.${table.name}${w} `;
}

/** An encoding in two parts, between which the opcode stands. */
interface Encoding {
  readonly opening: string;
  readonly ending: string;
  readonly opcode: number;
  last: number;
}

/** Encodings as the manual writes them; opcodes that follow each other and are alike in the rest are one range. */
export function encodingTexts(forms: readonly InstructionForm[]): string[] {
  const encodings: Encoding[] = [];
  for (const form of forms) {
    const opening = openingText(form);
    const ending = `${modrmText(form)}${MODES[form.form.mode]}`;
    const { opcode } = form.path;
    const known = encodings.find(
      (other) => other.opening === opening && other.ending === ending && opcode - other.last <= 1,
    );
    if (known !== undefined && opcode >= known.last) known.last = opcode;
    else encodings.push({ opening, ending, opcode, last: opcode });
  }
  return encodings.map(({ opening, ending, opcode, last }) => {
    const range = last > opcode ? `-${hex(last)}` : "";
    return `${opening}${hex(opcode)}${range}${ending}`;
  });
}
