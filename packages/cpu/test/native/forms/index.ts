import type { Form } from "../form.ts";
import { ALU_FORMS } from "./alu-forms.ts";
import { BIT_FORMS } from "./bit-forms.ts";
import { CHAIN_FORMS } from "./chain-forms.ts";
import { CONTROL_FORMS } from "./control-forms.ts";
import { FLOAT_CONVERSION_FORMS } from "./float-conversion-forms.ts";
import { FLOAT_FORMS } from "./float-forms.ts";
import { inMode16, inMode32, LEGACY_FORMS } from "./legacy-forms.ts";
import { MOVE_FORMS } from "./move-forms.ts";
import { MULTIPLY_FORMS } from "./multiply-forms.ts";
import { PREFIX_FORMS, UNDEFINED_FORMS } from "./prefix-forms.ts";
import { RARE_FORMS } from "./rare-forms.ts";
import { LEGACY_SEGMENT_FORMS, SEGMENT_FORMS } from "./segment-forms.ts";
import { SHIFT_FORMS } from "./shift-forms.ts";
import { NARROW_STRING_FORMS, STRING_FORMS, WIDE_STRING_FORMS } from "./string-forms.ts";
import { OVERFLOW_FORMS, SYSTEM_FORMS } from "./system-forms.ts";
import { TRANSCENDENTAL_FORMS } from "./transcendental-forms.ts";
import { VECTOR_FORMS_OF_MODES, VECTOR_INTEGER_FORMS } from "./vector-integer-forms.ts";
import { X87_FORMS } from "./x87-forms.ts";

const LONG_MODE_FORMS: readonly Form[] = [
  ...ALU_FORMS,
  ...SHIFT_FORMS,
  ...MULTIPLY_FORMS,
  ...BIT_FORMS,
  ...MOVE_FORMS,
  ...CONTROL_FORMS,
  ...STRING_FORMS,
  ...CHAIN_FORMS,
];

/** Beside general registers, the mode matters for the encoding only. */
const FLOATS_IN_BOTH_MODES: readonly Form[] = [
  ...FLOAT_FORMS.filter((form) => /^(add|ucomi|vfmadd231)/.test(form.name)),
  ...FLOAT_CONVERSION_FORMS,
];

const SYSTEM_IN_LONG_MODE: readonly Form[] = [...SYSTEM_FORMS, ...SEGMENT_FORMS];
const SYSTEM_IN_MODE_32: readonly Form[] = [
  ...inMode32(SYSTEM_IN_LONG_MODE),
  ...OVERFLOW_FORMS,
  ...LEGACY_SEGMENT_FORMS,
];

/** What is stored by operand size, which 16-bit code has the other way round. */
const X87_IMAGES = X87_FORMS.filter((form) => /^(fnstenv|fldenv|fnsave|frstor|fxsave 32)/.test(form.name));

/** Instruction forms that are compared with the real processor, by the name of their recording. */
export const FORM_GROUPS: Readonly<Record<string, readonly Form[]>> = {
  integer: [...LONG_MODE_FORMS, ...inMode32(LONG_MODE_FORMS), ...inMode32(NARROW_STRING_FORMS), ...LEGACY_FORMS],
  "integer-16": inMode16([...inMode32(LONG_MODE_FORMS), ...WIDE_STRING_FORMS, ...LEGACY_FORMS]),
  system: [...SYSTEM_IN_LONG_MODE, ...SYSTEM_IN_MODE_32],
  prefixes: [...PREFIX_FORMS, ...UNDEFINED_FORMS],
  rare: RARE_FORMS,
  "vector-floats": [...FLOAT_FORMS, ...FLOAT_CONVERSION_FORMS, ...inMode32(FLOATS_IN_BOTH_MODES)],
  transcendental: TRANSCENDENTAL_FORMS,
  x87: [...X87_FORMS, ...inMode32(X87_FORMS), ...inMode16(inMode32(X87_IMAGES))],
  "vector-integer": [...VECTOR_INTEGER_FORMS, ...inMode32(VECTOR_FORMS_OF_MODES)],
};
