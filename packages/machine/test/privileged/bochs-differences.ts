import { type CaseRecord, isGeneralProtection, type Judgement, sameBut, VECTOR } from "./case-record.ts";

/** A difference from Bochs 2.7 with the place in the manual that ours follows. */
interface BochsDifference {
  readonly form: string;
  readonly why: string;
  readonly sdm: string;
  readonly matches: (ours: CaseRecord, bochs: CaseRecord, registers: readonly bigint[]) => boolean;
}

const SMXE = 1n << 14n;
const PKE = 1n << 22n;

const DIFFERENCES: readonly BochsDifference[] = [
  {
    form: "INVPCID",
    why: "Bochs takes the type from 32 bits of the register unless REX.W is there (BX_CPU_C::INVPCID)",
    sdm: 'SDM 2A "INVPCID": in 64-bit mode the register operand has 64 bits; #GP(0) for a type above 3',
    matches: (ours, bochs, registers) =>
      isGeneralProtection(ours) &&
      !bochs.has(VECTOR) &&
      registers[2]! >> 32n !== 0n &&
      (registers[2]! & 0xfffffffcn) === 0n,
  },
  {
    form: "MOV CR4 PAE",
    why: "the models differ: Bochs's corei7_icelake_u has no SMX, ours no protection keys",
    sdm: 'SDM 3A "Control Registers": CR4 bits of features that the processor lacks are reserved',
    matches: (ours, bochs, [value]) =>
      (isGeneralProtection(bochs) && !ours.has(VECTOR) && (value! & SMXE) !== 0n) ||
      (isGeneralProtection(ours) && !bochs.has(VECTOR) && (value! & PKE) !== 0n),
  },
];

/** Whether two records are the same, or differ as one of the differences above allows. */
export function agreesWithBochs(
  form: string,
  ours: CaseRecord,
  bochs: CaseRecord,
  registers: readonly bigint[],
): Judgement {
  if (sameBut(ours, bochs, new Map())) return "same";
  const rules = DIFFERENCES.filter((rule) => rule.form === form);
  return rules.some((rule) => rule.matches(ours, bochs, registers)) ? "explained" : "different";
}
