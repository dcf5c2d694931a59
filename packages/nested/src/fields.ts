import { fieldIndex, VMCS_FIELD_NAMES, type VmcsField } from "@hvdiff/spec";

type FieldIndices = { readonly [K in VmcsField]: number };

/** Dense index of every VMCS field by name, so that hot paths never look up strings. */
export const F: FieldIndices = Object.fromEntries(
  VMCS_FIELD_NAMES.map((name) => [name, fieldIndex(name)]),
) as unknown as FieldIndices;
