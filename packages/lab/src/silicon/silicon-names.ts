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
  [/^epyc-genoa/, "zen4"],
  [/^epyc-rome/, "zen2"],
  // The first generations differ from Family 10h in what the simulator does not have, but for nested paging, which Opteron_G1 lacks.
  [/^(phenom|opteron_g[1-3])/, "k10"],
];

/** The AMD model with the most that is simulated. */
const RICHEST_AMD = "zen4";

/**
 * The silicon that a name means: an id of ours, or QEMU's name for it. Errors: `UsageError` with the nearest names.
 * @param isAmd whether names that mean everything mean everything of AMD's
 */
export function siliconNamed(name: string, isAmd: boolean): CpuModel {
  const lower = name.toLowerCase();
  const richest = isAmd ? RICHEST_AMD : RICHEST;
  const id = RICHEST_NAMES.has(lower) ? richest : (NAMED.find(([pattern]) => pattern.test(lower))?.[1] ?? lower);
  const model = findCpuModel(id);
  if (model !== undefined) return model;
  const known = CPU_MODELS.map((candidate) => candidate.id);
  throw new UsageError(`unknown CPU "${name}"${nearestHint(name, known)}`);
}
