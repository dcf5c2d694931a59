import { bochsIcelakeU } from "./bochs-icelake-u.ts";
import { bochsLynnfield } from "./bochs-lynnfield.ts";
import { haswell } from "./haswell.ts";
import { icelakeServer } from "./icelake-server.ts";
import { k10 } from "./k10.ts";
import type { CpuModel } from "./model.ts";
import { nehalem } from "./nehalem.ts";
import { sandyBridge } from "./sandy-bridge.ts";
import { sapphireRapids } from "./sapphire-rapids.ts";
import { skylakeClient } from "./skylake-client.ts";
import { zen2 } from "./zen2.ts";
import { zen4 } from "./zen4.ts";

/** Every silicon model, in the order they are listed to people. */
export const CPU_MODELS: readonly CpuModel[] = [
  skylakeClient,
  icelakeServer,
  sapphireRapids,
  haswell,
  sandyBridge,
  nehalem,
  bochsIcelakeU,
  bochsLynnfield,
  zen4,
  zen2,
  k10,
];

/** The model that `--cpu` names; undefined if there is none. */
export function findCpuModel(id: string): CpuModel | undefined {
  return CPU_MODELS.find((model) => model.id === id);
}
