import type { Guest, RunOptions } from "../api.ts";
import type { ResolvedColumn } from "../resolved-column.ts";
import type { ColumnCost, CostLine, CostResult } from "../results.ts";
import { SCHEMA_VERSION } from "../results.ts";
import type { Run } from "../run.ts";
import { guestImage, Session } from "../session.ts";
import { translationOf } from "../translation.ts";
import type { CostParameter } from "./parameters-table.ts";
import { type Counters, costParameters, predict } from "./predict.ts";
import type { Ground } from "./rules-table.ts";

/** VMREADs and VMWRITEs in a trace, and exits: on metal nobody else counts them. */
function metalCounters({ events }: Run): Counters {
  const count = (kinds: readonly string[]) => events.filter(({ kind }) => kinds.includes(kind)).length;
  return { exits: count(["vmexit"]), accesses: count(["vmread", "vmwrite"]) };
}

function groundOf(column: ResolvedColumn, level: number): Ground {
  if (translationOf(column) !== null) return "translation";
  return level === 0 ? "silicon" : "hypervisor";
}

/** What the hypervisors of a column do, each by what it stands on. */
function linesOf(column: ResolvedColumn, counters: Counters, parameters: readonly CostParameter[]): CostLine[] {
  if (column.spec.product === "metal") return [];
  if (column.levels === null) return predict(counters, parameters, groundOf(column, 0));
  return column.levels.flatMap((each, level) => {
    const prefix = `l${level}.`;
    const own = Object.entries(counters).filter(([name]) => name.startsWith(prefix));
    const named = Object.fromEntries(own.map(([name, count]) => [name.slice(prefix.length), count]));
    const lines = predict(named, parameters, groundOf(each, level));
    return lines.map((line) => ({ ...line, title: `level ${level}: ${line.title}` }));
  });
}

/** What is to be said beside the figures of these columns. */
function notesOf(columns: readonly ResolvedColumn[]): string[] {
  const all = columns.flatMap((column) => column.levels ?? [column]);
  return [...new Set(all.flatMap((column) => translationOf(column) ?? []))];
}

/** What a guest costs on columns, beside the same guest on metal: counts from the runs, cycles by a model. Errors: `UsageError`. */
export function cost(
  guest: Guest,
  columns: readonly string[],
  options: RunOptions = {},
  overrides: readonly string[] = [],
): CostResult {
  const parameters = costParameters(overrides);
  const cyclesOf = (name: string) => parameters.find((parameter) => parameter.name === name)!.cycles;
  const session = new Session(guestImage(guest), options);
  const metal = session.run(session.column("metal"));
  const { exits = 0, accesses = 0 } = metalCounters(metal);
  const instructions = (run: Run) => (run.counters["instructions"] ?? 0) * cyclesOf("instruction");
  const onMetal = instructions(metal) + exits * cyclesOf("round-trip") + accesses * cyclesOf("access");
  const resolved = columns.map((text) => session.column(text));
  const results = resolved.map((column): ColumnCost => {
    const run = session.run(column);
    const lines = linesOf(column, run.counters, parameters);
    const work = lines.reduce((sum, { cycles }) => sum + cycles, 0);
    const isTranslated = (column.levels ?? [column]).some((level) => translationOf(level) !== null);
    const own = instructions(run) * (isTranslated ? cyclesOf("translation") : 1);
    const total = column.spec.product === "metal" ? onMetal : own + work;
    const { text, spec } = column;
    return { column: text, full: spec.text, counters: run.counters, lines, cycles: total, slowDown: total / onMetal };
  });
  const { id, title, sha256, bundled } = session.image;
  return {
    schemaVersion: SCHEMA_VERSION,
    guest: { id, title, sha256, bundled },
    cpu: session.silicon.id,
    model: "predicted cycles are a model; counts are those of the run",
    notes: notesOf(resolved),
    metalCycles: onMetal,
    parameters,
    columns: results,
  };
}
