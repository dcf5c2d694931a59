import { Random } from "../../../../test/random.ts";
import type { PrivilegedCase } from "./case-code.ts";
import { PRIVILEGED_FORMS } from "./case-forms.ts";
import { CONTROL_FORMS } from "./control-forms.ts";

const CASE_SIZE = 192;
const HEADER_SIZE = 16;
const CODE_OFFSET = 80;
const ALL_FLAGS = 0x3f7fd7n;
/** CF PF AF ZF SF IF DF OF AC ID: no TF, and no NT, which IRETQ has a form for. */
const INITIAL_FLAGS = 0x240ed5n;

function quad(random: Random): bigint {
  return (BigInt(random.word()) << 32n) | BigInt(random.word());
}

function writeCase(view: DataView, offset: number, one: PrivilegedCase, random: Random): void {
  if (one.code.length > 112) throw new Error("the code of a case is too long");
  for (let n = 0; n < 8; n++) view.setBigUint64(offset + 8 * n, one.registers?.[n] ?? quad(random), true);
  view.setBigUint64(offset + 64, (quad(random) & INITIAL_FLAGS) | 2n, true);
  view.setBigUint64(offset + 72, one.definedFlags ?? ALL_FLAGS, true);
  for (let n = 0; n < 112; n++) view.setUint8(offset + CODE_OFFSET + n, one.code[n] ?? 0x90);
}

/** The cases of a form, each CASE_SIZE bytes. */
function formCases(form: string, count: number): Uint8Array {
  const generate = (PRIVILEGED_FORMS.get(form) ?? CONTROL_FORMS.get(form))!;
  const random = new Random([...form].reduce((seed, letter) => Math.imul(seed, 31) + letter.charCodeAt(0), 7));
  const data = new Uint8Array(CASE_SIZE * count);
  const view = new DataView(data.buffer);
  for (let n = 0; n < count; n++) writeCase(view, CASE_SIZE * n, generate(random), random);
  return data;
}

/** The multiboot module with `count` cases of each form, behind the empty case that the guest compares with. */
export function caseModule(forms: readonly string[], count: number): Uint8Array {
  const data = new Uint8Array(HEADER_SIZE + CASE_SIZE * (forms.length * count + 1));
  const view = new DataView(data.buffer);
  view.setBigUint64(0, 0x5345534143505648n, true);
  view.setBigUint64(8, BigInt(forms.length * count + 1), true);
  writeCase(view, HEADER_SIZE, { code: [], registers: Array(8).fill(0n) }, new Random(1));
  view.setBigUint64(HEADER_SIZE + 64, 2n, true);
  for (const [n, form] of forms.entries()) data.set(formCases(form, count), HEADER_SIZE + CASE_SIZE * (n * count + 1));
  return data;
}

/** RAX RBX RCX RDX RFLAGS before a case, and its mask of defined flags. */
export function registersOf(module: Uint8Array, index: number): bigint[] {
  const view = new DataView(module.buffer);
  return [0, 8, 16, 24, 64, 72].map((offset) => view.getBigUint64(HEADER_SIZE + CASE_SIZE * index + offset, true));
}
