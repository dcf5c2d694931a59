import { AMD_MODELS } from "./amd-models.ts";
import { INTEL_MODELS } from "./intel-models.ts";
import type { QemuModel } from "./model.ts";

/** QEMU's named models, with their versions and aliases. A name that is not here is none that we know. */
export const NAMED_MODELS: ReadonlyMap<string, QemuModel> = new Map(
  [...INTEL_MODELS, ...AMD_MODELS].map((model) => [model.name, model]),
);
