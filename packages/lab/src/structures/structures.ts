import type { TraceEvent } from "@hvdiff/machine";
import { originsOf, wayOf } from "@hvdiff/nested";
import { type Guest, type RunOptions, UsageError } from "../api.ts";
import { resultOf } from "../diff.ts";
import { toEventResult } from "../events.ts";
import { refuseStack } from "../resolve.ts";
import {
  type EventResult,
  SCHEMA_VERSION,
  type StructureChange,
  type StructureSwitch,
  type StructuresResult,
} from "../results.ts";
import { runMachine } from "../run.ts";
import { guestImage, Session } from "../session.ts";
import { vmcbFields, vmcsFields } from "./fields.ts";

/** What is not a field in the payload of a change. */
const NO_FIELDS = new Set(["of", "at", "way", "by"]);

/** A trace taken apart: what happened, and what became of the structures meanwhile. */
class Taken {
  readonly events: EventResult[] = [];
  readonly changes: StructureChange[] = [];
  readonly switches: StructureSwitch[] = [];
  readonly ways = new Map<string, { title: string; why: string }>();
  readonly origins = new Map<string, readonly string[]>();

  take(event: TraceEvent): void {
    if (event.kind === "structure") this.changes.push(this.change(event));
    else if (event.kind === "structure-current") this.switches.push(this.switch(event));
    else this.events.push(toEventResult(event, this.events.length));
  }

  private switch({ vcpu, data }: TraceEvent): StructureSwitch {
    const [of, at] = [String(data["of"]), String(data["at"])];
    const [home, host] = [data["home"], data["host"]];
    const places = home === undefined ? {} : { home: String(home), host: String(host) };
    return { event: this.events.length, vcpu, of, at, ...places };
  }

  private change({ vcpu, time, data }: TraceEvent): StructureChange {
    const [of, at, id] = [String(data["of"]), String(data["at"]), String(data["way"])];
    const fields = Object.entries(data).filter(([name]) => !NO_FIELDS.has(name));
    const way = wayOf(id, of);
    if (way === undefined) throw new Error(`no such way to write a control structure: ${id}`);
    this.ways.set(way.id, { title: way.title, why: way.why });
    for (const [field] of fields) {
      const origins = originsOf(way, of, field);
      if (origins.length > 0) this.origins.set(`${way.id} ${of}.${field}`, origins);
    }
    return {
      event: this.events.length,
      vcpu,
      time,
      of,
      at,
      way: way.id,
      ...(data["by"] === undefined ? {} : { by: String(data["by"]) }),
      values: Object.fromEntries(fields.map(([name, value]) => [name, String(value)])),
    };
  }
}

/** Runs a guest in a column and tells how its control structures change. Errors: `UsageError`, where there are none. */
export function structures(guest: Guest, column: string, options: RunOptions): StructuresResult {
  const session = new Session(guestImage(guest), options);
  const resolved = session.column(column);
  refuseStack(resolved, "is not taken apart: its levels each have structures of these names");
  if (resolved.spec.product === "metal")
    throw new UsageError(
      `column "${column}": without an L0 there are no control structures to merge; “ideal” has them`,
    );
  const machine = session.machine(resolved, { traceRoot: true, traceStructures: true });
  const run = runMachine(machine);
  const taken = new Taken();
  for (const event of machine.trace.events) taken.take(event);
  const isSvm = session.silicon.vendor === "amd";
  return {
    schemaVersion: SCHEMA_VERSION,
    cpu: session.silicon.id,
    guest: { id: session.image.id, title: session.image.title },
    column: resultOf(session, resolved, run),
    names: isSvm ? ["vmcb01", "vmcb12", "vmcb02"] : ["vmcs01", "vmcs12", "vmcs02", "shadow", "evmcs"],
    fields: isSvm ? vmcbFields() : vmcsFields(),
    ways: Object.fromEntries(taken.ways),
    origins: Object.fromEntries(taken.origins),
    events: taken.events,
    changes: taken.changes,
    switches: taken.switches,
  };
}
