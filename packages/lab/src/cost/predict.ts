import { nearestHint } from "@hvdiff/personality";
import { UsageError } from "../api.ts";
import type { CostLine } from "../results.ts";
import { COST_PARAMETERS, type CostParameter } from "./parameters-table.ts";
import { COST_RULES, type Ground } from "./rules-table.ts";

export type Counters = Readonly<Record<string, number>>;

/** The parameters with what the user says: "merge=3500". Errors: `UsageError`. */
export function costParameters(overrides: readonly string[]): readonly CostParameter[] {
  const given = new Map(overrides.map(parseOverride));
  return COST_PARAMETERS.map((parameter) => {
    const cycles = given.get(parameter.name);
    return cycles === undefined ? parameter : { ...parameter, cycles, basis: "assumed", source: "given by the user" };
  });
}

function parseOverride(text: string): [name: string, cycles: number] {
  const [, name = "", cycles = ""] = /^([a-z-]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (name === "") throw new UsageError(`cost "${text}" is not of the form name=cycles`);
  const names = COST_PARAMETERS.map((parameter) => parameter.name);
  if (!names.includes(name)) throw new UsageError(`unknown cost "${name}"${nearestHint(name, names)}`);
  return [name, Number(cycles)];
}

function sumOf(counters: Counters, pattern: RegExp | undefined): number {
  if (pattern === undefined) return 0;
  return Object.entries(counters).reduce((sum, [name, count]) => sum + (pattern.test(name) ? count : 0), 0);
}

/** What a hypervisor's counted work costs by the model. Lines without a count are left out. */
export function predict(counters: Counters, parameters: readonly CostParameter[], ground: Ground): CostLine[] {
  const cycles = new Map(parameters.map((parameter) => [parameter.name, parameter.cycles]));
  const rules = COST_RULES.filter(({ on }) => on?.includes(ground) ?? true);
  return rules.flatMap(({ title, counters: pattern, less, parameter }) => {
    const count = Math.max(0, sumOf(counters, pattern) - sumOf(counters, less));
    return count === 0 ? [] : [{ title, parameter, count, cycles: count * cycles.get(parameter)! }];
  });
}
