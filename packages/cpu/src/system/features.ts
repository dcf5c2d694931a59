import { type CpuidFeature, cpuidFeature } from "@hvdiff/spec";
import type { CpuidEntry, CpuModel } from "../models/model.ts";
import type { Processor } from "../processor.ts";

/** The model's answer to a CPUID leaf and sub-leaf, without dynamic bits. */
export function cpuidEntry(model: CpuModel, leaf: number, subleaf: number): CpuidEntry | undefined {
  return model.cpuid.find((entry) => entry.leaf === leaf && entry.subleaf === subleaf);
}

/** Whether the silicon supports a feature; whether software has enabled it is another question. */
export function hasFeature(c: Pick<Processor, "model">, name: CpuidFeature): boolean {
  const def = cpuidFeature(name);
  const entry = cpuidEntry(c.model, def.leaf, def.subleaf);
  return entry !== undefined && ((entry[def.register] >>> def.bit) & 1) === 1;
}
