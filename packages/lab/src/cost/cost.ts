import type { Guest, RunOptions } from "../api.ts";
import { refuseStack } from "../resolve.ts";
import type { ColumnCost, CostResult } from "../results.ts";
import { SCHEMA_VERSION } from "../results.ts";
import type { Run } from "../run.ts";
import { guestImage, Session } from "../session.ts";
import { type Counters, costParameters, predict } from "./predict.ts";

/** VMREADs and VMWRITEs in a trace, and exits: on metal nobody else counts them. */
function metalCounters({ events }: Run): Counters {
  const count = (kinds: readonly string[]) => events.filter(({ kind }) => kinds.includes(kind)).length;
  return { exits: count(["vmexit"]), accesses: count(["vmread", "vmwrite"]) };
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
  const results = columns.map((text): ColumnCost => {
    const column = session.column(text);
    refuseStack(column, "has counts for each level (`hvdiff stack`), and no model of cycles");
    const run = session.run(column);
    const lines = column.spec.product === "metal" ? [] : predict(run.counters, parameters);
    const work = lines.reduce((sum, { cycles }) => sum + cycles, 0);
    const total = column.spec.product === "metal" ? onMetal : instructions(run) + work;
    return {
      column: text,
      full: column.spec.text,
      counters: run.counters,
      lines,
      cycles: total,
      slowDown: total / onMetal,
    };
  });
  const { id, title, sha256, bundled } = session.image;
  return {
    schemaVersion: SCHEMA_VERSION,
    guest: { id, title, sha256, bundled },
    cpu: session.silicon.id,
    model: "predicted cycles are a model; counts are those of the run",
    metalCycles: onMetal,
    parameters,
    columns: results,
  };
}
