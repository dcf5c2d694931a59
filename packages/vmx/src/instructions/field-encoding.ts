import { encodingOf, fieldIndex, VMCS_ENCODING_RESERVED, VMCS_FIELD_NAMES, VMCS_FIELDS } from "@hvdiff/spec";

/** No field has this encoding. */
export const NO_FIELD = -1;
const ENCODINGS = 0x8000;

// Dense index times two, plus one for the high half; -1 where no field is.
const BY_ENCODING = createTable();

function createTable(): Int16Array {
  const table = new Int16Array(ENCODINGS).fill(NO_FIELD);
  for (const name of VMCS_FIELD_NAMES) {
    const encoding = encodingOf(name);
    table[encoding] = fieldIndex(name) * 2;
    if (VMCS_FIELDS[name].width === "64") table[encoding | 1] = fieldIndex(name) * 2 + 1;
  }
  return table;
}

/** What an encoding (halves of the operand) names: field index times two, plus one for access to the high half; or `NO_FIELD`. */
export function accessOfEncoding(lo: number, hi: number): number {
  if (hi !== 0 || (lo & VMCS_ENCODING_RESERVED) !== 0) return NO_FIELD;
  return BY_ENCODING[lo]!;
}

const READ_ONLY = Uint8Array.from(VMCS_FIELD_NAMES, (name) => (VMCS_FIELDS[name].type === "readOnly" ? 1 : 0));

const ACCESS_RIGHTS = Uint8Array.from(VMCS_FIELD_NAMES, (name) => (/^guest\w+AccessRights$/.test(name) ? 1 : 0));

/** Whether the field at a dense index is the access rights of a guest's segment. */
export function isAccessRights(index: number): boolean {
  return ACCESS_RIGHTS[index] === 1;
}

/** Whether the field at a dense index is a VM-exit information field. */
export function isReadOnlyField(index: number): boolean {
  return READ_ONLY[index] === 1;
}
