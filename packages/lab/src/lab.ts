import { CPU_MODELS } from "@hvdiff/cpu";
import { SCENARIOS } from "@hvdiff/guests";
import { type EngineChoice, setDefaultEngine } from "@hvdiff/machine";
import type { Lab, RunOptions } from "./api.ts";
import { caps } from "./caps.ts";
import { code } from "./code.ts";
import { cost } from "./cost/cost.ts";
import { exitCopies } from "./cost/exit-copies.ts";
import { compare, debug, diff, diffTogether, run, trace } from "./diff.ts";
import { readDump } from "./dumps/read-dump.ts";
import { explore, exploreTogether, searchParts } from "./explore/explore.ts";
import { matrix, matrixRow, matrixTogether, scenarioResult } from "./matrix.ts";
import { pageWalk } from "./page-walk/page-walk.ts";
import { DEFAULT_COLUMNS, PERSONALITIES } from "./products.ts";
import { quirkResult } from "./quirk-results.ts";
import { resolveColumn, resolveCpu } from "./resolve.ts";
import type { QuirkResult } from "./results.ts";
import { settingsOf } from "./run.ts";
import { structures } from "./structures/structures.ts";
import { checkVmcs } from "./vmcs-dump/check-vmcs.ts";

function quirks(column?: string, options: RunOptions = {}): readonly QuirkResult[] {
  if (column === undefined) return PERSONALITIES.flatMap((personality) => personality.quirks.map(quirkResult));
  return resolveColumn(column, resolveCpu(options), options).quirks.map(quirkResult);
}

/** What a lab may be given. */
export interface LabOptions {
  /** How guest code is executed in this process. What comes out does not depend on it. */
  readonly engine?: EngineChoice;
}

/** The lab over all personalities and bundled guests. */
export function createLab({ engine }: LabOptions = {}): Lab {
  if (engine !== undefined) setDefaultEngine(engine);
  return {
    diff,
    diffTogether,
    run,
    check: (column, options) => {
      settingsOf(options);
      resolveColumn(column, resolveCpu(options), options);
    },
    trace: (guest, column, options = {}) => trace(guest, column, options),
    structures: (guest, column, options = {}) => structures(guest, column, options),
    code: (guest, column, options = {}) => code(guest, column, options),
    cost,
    exitCopies,
    pageWalk,
    compare,
    explore,
    exploreTogether,
    searchParts,
    debug,
    matrix,
    matrixTogether,
    matrixRow,
    caps,
    checkVmcs,
    readDump,
    quirks,
    scenarios: () => SCENARIOS.map(scenarioResult),
    cpus: () => CPU_MODELS.map(({ id, title, source }) => ({ id, title, source })),
    defaultColumns: () => DEFAULT_COLUMNS,
  };
}
