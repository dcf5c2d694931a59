import type { EventResult, StructureChange, StructuresResult } from "@hvdiff/lab";

/** A control structure at a moment. */
export interface StructureNow {
  readonly name: string;
  /** As its owner knows it; empty: there is none. */
  readonly at: string;
  /** Host-physical: where that address leads, and what L0 works on. */
  readonly home: string;
  readonly host: string;
  readonly values: ReadonlyMap<string, string>;
  /** Fields that were written at this very moment. */
  readonly fresh: ReadonlySet<string>;
}

/** A field got a value: how, when, and of which other fields. */
export interface Origin {
  readonly of: string;
  readonly field: string;
  readonly value: string;
  /** Null: it has been 0 all the time. */
  readonly change: StructureChange | null;
  /** The event it came with; null at the very start. */
  readonly event: EventResult | null;
  readonly from: readonly Origin[];
}

const DEEPEST = 12;

/** The changes of one virtual processor's structures over a run. A moment is an event: it has happened, and what it led to as well. */
export class StructureHistory {
  readonly result: StructuresResult;
  readonly vcpu: number;
  private readonly changes: readonly StructureChange[];

  constructor(result: StructuresResult, vcpu: number) {
    this.result = result;
    this.vcpu = vcpu;
    this.changes = result.changes.filter((change) => change.vcpu === vcpu);
  }

  /** Moments at which a structure changed, in order. */
  get moments(): readonly number[] {
    return [...new Set(this.changes.map(momentOf))];
  }

  /** The structures that there are at some time. */
  get names(): readonly string[] {
    const { names, switches } = this.result;
    return names.filter((name) => switches.some(({ of, vcpu }) => of === name && vcpu === this.vcpu));
  }

  /** The first moment with a bit of a field set; null if it never is. */
  firstSet(of: string, field: string, bit: number): number | null {
    const found = this.changes.find(
      (change) => change.of === of && ((BigInt(change.values[field] ?? 0) >> BigInt(bit)) & 1n) === 1n,
    );
    return found === undefined ? null : momentOf(found);
  }

  at(moment: number): StructureNow[] {
    return this.names.map((name) => this.structureAt(name, moment));
  }

  private structureAt(name: string, moment: number): StructureNow {
    const current = this.result.switches.findLast(
      ({ of, vcpu, event }) => of === name && vcpu === this.vcpu && event <= moment + 1,
    );
    const at = current?.at ?? "";
    const values = new Map<string, string>();
    const fresh = new Set<string>();
    for (const change of this.changes) {
      if (change.event > moment + 1) break;
      if (change.of !== name || change.at !== at) continue;
      for (const [field, value] of Object.entries(change.values)) {
        values.set(field, value);
        if (momentOf(change) === moment) fresh.add(field);
      }
    }
    return { name, at, home: current?.home ?? "", host: current?.host ?? "", values, fresh };
  }

  /** Where the value that a field has at a moment came from, back to where it was made. */
  originOf(of: string, field: string, moment: number): Origin {
    const at = this.structureAt(of, moment).at;
    const last = this.changes.findLastIndex(
      (change) => change.event <= moment + 1 && change.of === of && change.at === at && field in change.values,
    );
    return this.origin(of, field, { last, depth: 0 });
  }

  private origin(of: string, field: string, { last, depth }: { last: number; depth: number }): Origin {
    const change = this.changes[last];
    if (change === undefined) return { of, field, value: "0x0", change: null, event: null, from: [] };
    const names = depth < DEEPEST ? (this.result.origins[`${change.way} ${of}.${field}`] ?? []) : [];
    return {
      of,
      field,
      value: change.values[field] ?? "0x0",
      change,
      event: this.writeOf(change, field) ?? this.eventOf(change),
      from: names.flatMap((name) => this.originBefore(name, { last, depth })),
    };
  }

  /** The field that a value was made of, as it was then. */
  private originBefore(name: string, { last, depth }: { last: number; depth: number }): Origin[] {
    const [of = "", field = ""] = name.split(".");
    const before = this.changes.findLastIndex(
      (change, index) => index < last && change.of === of && field in change.values,
    );
    return before < 0 ? [] : [this.origin(of, field, { last: before, depth: depth + 1 })];
  }

  /** L1's VMWRITE of the field, where that is what the change is due to. */
  private writeOf({ event, way, by }: StructureChange, field: string): EventResult | null {
    if (way !== "shadow.collect" && by !== "VMWRITE") return null;
    const { events } = this.result;
    for (let index = Math.min(event, events.length) - 1; index >= 0; index--) {
      const found = events[index];
      if (found?.kind === "vmwrite" && found.vcpu === this.vcpu && found.data["field"] === field) return found;
    }
    return null;
  }

  private eventOf(change: StructureChange): EventResult | null {
    const { events } = this.result;
    for (let index = Math.min(change.event, events.length) - 1; index >= 0; index--) {
      const event = events[index];
      if (event?.vcpu === this.vcpu) return event;
    }
    return null;
  }
}

/** The event after which a change is to be seen. */
export function momentOf({ event }: StructureChange): number {
  return Math.max(0, event - 1);
}
