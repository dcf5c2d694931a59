import type { CpuModel } from "@hvdiff/cpu";
import type { NestedPolicy } from "@hvdiff/nested";
import { hex, MSRS, type MsrFieldDef } from "@hvdiff/spec";
import type { CapabilitySource } from "./caps-sources.ts";
import type { CapabilityState } from "./results.ts";

/** VM_CR as L1 finds it, and which of its bits a write changes. */
export interface VmCrFacts {
  readonly initial: number;
  readonly writable: number;
}

/** A processor as the capability lens looks at it: the model, and what is no part of a model. */
export interface ShownModel extends CpuModel {
  readonly vmCr?: VmCrFacts;
  /** The bits of EFER that may be 1. */
  readonly efer?: number;
}

const FIELDS: readonly MsrFieldDef[] = Object.values(MSRS.VM_CR.fields);
const SVM_LEAF = 0x8000_0001;
const SVM_BIT = 2;

/** Whether a processor says that it has SVM. */
export function showsSvm(model: CpuModel): boolean {
  const leaf = model.cpuid.find((entry) => entry.leaf === SVM_LEAF);
  return leaf !== undefined && ((leaf.ecx >>> SVM_BIT) & 1) !== 0;
}

/** The model with what its column makes of VM_CR. */
export function withVmCr(model: CpuModel, { svm }: Pick<NestedPolicy, "svm">): ShownModel {
  if (!showsSvm(model)) return model;
  const initial = svm.initialVmCr ?? 0;
  const rule = svm.writeVmCr ?? null;
  const isWritable = (bit: number): boolean => {
    if (rule === null) return true;
    const { value, faults } = rule({ low: initial ^ bit, high: 0, old: initial, svme: false });
    return !faults && ((value ^ initial) & bit) !== 0;
  };
  const writable = FIELDS.reduce((mask, { low }) => mask | (isWritable(1 << low) ? 1 << low : 0), 0);
  return { ...model, vmCr: { initial, writable } };
}

function stateOf({ vmCr }: ShownModel, bit: number): CapabilityState {
  if (vmCr === undefined) return "no";
  if (((vmCr.writable >>> bit) & 1) !== 0) return "yes";
  return ((vmCr.initial >>> bit) & 1) !== 0 ? "forced" : "no";
}

/** VM_CR: its value before anybody writes it, and which bits can be 0 or 1. */
export const VM_CR_SOURCE: CapabilitySource = {
  title: "VM_CR as found",
  source: `VM_CR (${hex(MSRS.VM_CR.address)})`,
  bits: FIELDS.map(({ low, title }) => ({ bit: low, label: title, name: title })),
  fields: [],
  raw: ({ vmCr }) => (vmCr === undefined ? null : BigInt(vmCr.initial)),
  stateOf,
};
