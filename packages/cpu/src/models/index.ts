import type { CpuModel } from "./model.ts";

/** Every silicon model, in the order they are listed to people. */
export const CPU_MODELS: readonly CpuModel[] = [];

/** The model that `--cpu` names; undefined if there is none. */
export function findCpuModel(id: string): CpuModel | undefined {
  return CPU_MODELS.find((model) => model.id === id);
}
