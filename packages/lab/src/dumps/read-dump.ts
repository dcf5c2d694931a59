import { CPU_MODELS, type CpuModel } from "@hvdiff/cpu";
import { type RunOptions, UsageError } from "../api.ts";
import { configurationOf } from "../configuration.ts";
import { DEFAULT_COLUMNS, PERSONALITIES } from "../products.ts";
import { resolveColumn, resolveCpu } from "../resolve.ts";
import { type DumpResult, SCHEMA_VERSION } from "../results.ts";
import { type Claim, claimsOf } from "./claims.ts";
import type { Dump } from "./dump.ts";
import { parseQemuCpu, parseVmxcap } from "./parse-names.ts";
import { parseCpuidRaw, parseRdmsr, parseVirtualBoxLog } from "./parse-registers.ts";

/** In the order in which they are tried: what can be taken for something else comes later. */
const PARSERS: readonly ((text: string) => Dump | null)[] = [
  parseVirtualBoxLog,
  parseCpuidRaw,
  parseVmxcap,
  parseRdmsr,
  parseQemuCpu,
];

const NEAREST = 8;

interface Candidate {
  readonly cpu: string;
  readonly column: string;
  readonly full: string;
  readonly model: CpuModel;
}

/**
 * Reads what a real machine said of itself: vmxcap, lists of MSRs, VBox.log, QEMU's `-cpu`, `cpuid -r`. Names the processors and columns that are
 * most like it, and what differs from one of them. Errors: `UsageError`.
 * @param column the column to compare with; the nearest if absent
 */
export function readDump(text: string, column?: string, options: RunOptions = {}): DumpResult {
  const dump = parse(text);
  const claims = claimsOf(dump);
  if (claims.length === 0)
    throw new UsageError(`the ${dump.format} text says nothing that a column could be compared with`);
  const ranked = rank(claims, candidates());
  const against = column === undefined ? ranked[0]!.candidate : candidate(column, resolveCpu(options), options);
  return {
    schemaVersion: SCHEMA_VERSION,
    format: dump.format,
    claims: claims.length,
    nearest: ranked.slice(0, NEAREST).map(({ candidate: { cpu, column: name, full }, differing }) => ({
      cpu,
      column: name,
      full,
      differing,
    })),
    against: { cpu: against.cpu, column: against.column, full: against.full },
    differences: claims
      .filter((claim) => !claim.holdsFor(against.model))
      .map((claim) => {
        const { title, source, label, said } = claim;
        return { title, source, label, dump: said, column: claim.valueIn(against.model) };
      }),
  };
}

function parse(text: string): Dump {
  for (const parser of PARSERS) {
    const dump = parser(text);
    if (dump !== null) return dump;
  }
  throw new UsageError(
    "the text is none of vmxcap's output, a list of MSRs, a VBox.log, QEMU's -cpu features or cpuid -r",
  );
}

/** Few differences first; among equals silicon, then what was listed first. */
function rank(claims: readonly Claim[], all: readonly Candidate[]): { candidate: Candidate; differing: number }[] {
  return all
    .map((candidate) => ({ candidate, differing: claims.filter((claim) => !claim.holdsFor(candidate.model)).length }))
    .sort((one, other) => one.differing - other.differing);
}

/** Every silicon, and every release of every L0 on it that accepts it. */
function candidates(): Candidate[] {
  const releases = PERSONALITIES.filter(({ kind }) => kind === "l0").flatMap(({ product, releases: all }) =>
    all.map(({ version }) => `${product}@${version}`),
  );
  const columns = [...new Set(["metal", ...DEFAULT_COLUMNS.filter((name) => name !== "ideal"), ...releases])];
  return CPU_MODELS.flatMap((silicon) => columns.flatMap((name) => candidateOrNone(name, silicon)));
}

function candidateOrNone(column: string, silicon: CpuModel): Candidate[] {
  try {
    return [candidate(column, silicon, {})];
  } catch (error) {
    if (error instanceof UsageError) return [];
    throw error;
  }
}

function candidate(column: string, silicon: CpuModel, options: RunOptions): Candidate {
  const resolved = resolveColumn(column, silicon, options);
  const { guestModel } = configurationOf(resolved, resolved.quirks, silicon);
  return { cpu: silicon.id, column, full: resolved.spec.text, model: guestModel };
}
