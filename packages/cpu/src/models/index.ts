import type { CpuModel } from "./model.ts";
import { skylakeClient } from "./skylake-client.ts";

/** Every silicon model, in the order they are listed to people. */
export const CPU_MODELS: readonly CpuModel[] = [skylakeClient];

/** The model that `--cpu` names; undefined if there is none. */
export function findCpuModel(id: string): CpuModel | undefined {
  return CPU_MODELS.find((model) => model.id === id);
}
