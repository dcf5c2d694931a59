import { CPU_MODELS, type CpuModel, findCpuModel } from "@hvdiff/cpu";
import { nearestHint } from "@hvdiff/personality";
import { UsageError } from "../api.ts";

/** The model with the most that is simulated: what asking for "everything" means. */
const RICHEST = "sapphire-rapids";

/** QEMU's names for a model with everything, and for those that are there only to run anywhere. */
const RICHEST_NAMES = new Set(["max", "host", "base", "qemu64", "kvm64"]);

/** QEMU's named models that are silicon here; versions and suffixes such as -IBRS or -v2 mean the same part. */
const NAMED: readonly (readonly [name: RegExp, id: string])[] = [
  [/^nehalem/, "nehalem"],
  [/^sandybridge/, "sandy-bridge"],
  [/^haswell/, "haswell"],
  [/^skylake-client/, "skylake-client"],
  [/^icelake-server/, "icelake-server"],
  [/^sapphirerapids/, "sapphire-rapids"],
];

const AMD = /^(epyc|opteron|phenom|athlon|ryzen|zen\d?|dhyana|amd)/;

/** The silicon that a name means: an id of ours, or QEMU's name for it. Errors: `UsageError` with the nearest names. */
export function siliconNamed(name: string): CpuModel {
  const lower = name.toLowerCase();
  const id = RICHEST_NAMES.has(lower) ? RICHEST : (NAMED.find(([pattern]) => pattern.test(lower))?.[1] ?? lower);
  const model = findCpuModel(id);
  if (model !== undefined) return model;
  if (AMD.test(lower)) throw new UsageError(`unknown CPU "${name}": AMD's processors are not simulated yet`);
  const known = CPU_MODELS.map((candidate) => candidate.id);
  throw new UsageError(`unknown CPU "${name}"${nearestHint(name, known)}`);
}
