import { VMEXIT_CODES, VMEXIT_FAMILIES, type VmexitCodeName, vmexitCodeDef } from "@hvdiff/spec";
import { VMCB, type Vmcb } from "@hvdiff/svm";

const WORDS = 6;
const CR8 = 8;
const CR4 = 4;
const WRITES = 16;

/** What L0 must see of its guest: L1's local APIC, its CPU model, its SVM. */
const NEEDED: readonly VmexitCodeName[] = [
  "INTR",
  "NMI",
  "SMI",
  "INIT",
  "CPUID",
  "INVD",
  "HLT",
  "INVLPGA",
  "IOIO",
  "MSR",
  "SHUTDOWN",
  "VMRUN",
  "VMMCALL",
  "VMLOAD",
  "VMSAVE",
  "STGI",
  "CLGI",
  "SKINIT",
  "WBINVD",
  "XSETBV",
];

function interceptWords(names: readonly VmexitCodeName[]): number[] {
  const words = Array<number>(WORDS).fill(0);
  for (const name of names) {
    const [word, bit] = vmexitCodeDef(name).intercept!;
    words[word]! |= 1 << bit;
  }
  return words;
}

const [, ...others] = interceptWords(NEEDED);

/** Intercept words of vmcb01. */
export const INTERCEPTS_01: readonly number[] = [(1 << CR8) | (1 << (WRITES + CR8)) | (1 << (WRITES + CR4)), ...others];

/** Intercepts of CR8, which are L1's own affair where its guest has a virtual one. */
export const CR8_INTERCEPTS = (1 << CR8) | (1 << (WRITES + CR8));
export const SET_FLAG_INTERCEPTS = (1 << 4) | (1 << 5);
export const ADDITIONAL_STATE_INTERCEPTS = (1 << 2) | (1 << 3);
export const INTERCEPT_VINTR = 1 << 4;
export const INTERCEPT_IRET = 1 << 20;

const BY_CODE = new Map<number, readonly [word: number, bit: number]>();
for (const name of Object.keys(VMEXIT_CODES) as VmexitCodeName[]) {
  const { code, intercept } = vmexitCodeDef(name);
  if (intercept !== undefined) BY_CODE.set(code, intercept);
}
for (const { code, count, intercept } of Object.values(VMEXIT_FAMILIES))
  for (let n = 0; n < count; n++) BY_CODE.set(code + n, [intercept[0], intercept[1] + n]);

/** Whether a VMCB has the intercept that makes a #VMEXIT code. Codes without one always come. */
export function asksFor(vmcb: Vmcb, code: number): boolean {
  const intercept = BY_CODE.get(code);
  if (intercept === undefined) return true;
  return ((vmcb.lo(VMCB.INTERCEPT_CR + intercept[0] * 4) >>> intercept[1]) & 1) !== 0;
}

/** Whether a VMCB has an intercept by name. */
export function intercepts(vmcb: Vmcb, name: VmexitCodeName): boolean {
  return asksFor(vmcb, VMEXIT_CODES[name].code);
}
