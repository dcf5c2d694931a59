import { exceptionMnemonic, exceptionName } from "./exceptions.ts";
import { VMEXIT_CODES, VMEXIT_FAMILIES, type VmexitCodeDef, type VmexitCodeName } from "./vmexit-codes-table.ts";

/** All names of #VMEXIT codes beside the families of registers and vectors. */
export const VMEXIT_CODE_NAMES = Object.keys(VMEXIT_CODES) as readonly VmexitCodeName[];

const BY_CODE = new Map<number, VmexitCodeName>(VMEXIT_CODE_NAMES.map((name) => [VMEXIT_CODES[name].code, name]));

const FAMILY_NAMES = { crRead: "CR#_READ", crWrite: "CR#_WRITE", drRead: "DR#_READ", drWrite: "DR#_WRITE" } as const;

/** The record of a code with its optional parts visible to the type checker. */
export function vmexitCodeDef(name: VmexitCodeName): VmexitCodeDef {
  return VMEXIT_CODES[name];
}

/** Name of a #VMEXIT code, -1 for VMEXIT_INVALID; undefined for numbers without meaning. */
export function vmexitCodeName(code: number): string | undefined {
  const { exception } = VMEXIT_FAMILIES;
  if (code >= exception.code && code < exception.code + exception.count) {
    const vector = code - exception.code;
    const name = exceptionName(vector);
    return `EXCP${name === undefined ? vector : `_${exceptionMnemonic(vector)?.slice(1)}`}`;
  }
  for (const [family, pattern] of Object.entries(FAMILY_NAMES)) {
    const { code: first, count } = VMEXIT_FAMILIES[family as keyof typeof FAMILY_NAMES];
    if (code >= first && code < first + count) return pattern.replace("#", String(code - first));
  }
  return BY_CODE.get(code);
}
