import type { TraceSink } from "@hvdiff/cpu";
import { hex, u64 } from "@hvdiff/spec";

/** Control structures by the names that people give them. */
export type StructureName = "vmcs01" | "vmcs12" | "vmcs02" | "shadow" | "evmcs" | "vmcb01" | "vmcb12" | "vmcb02";

/** Those that lie in the guest's memory. */
const GUESTS: ReadonlySet<StructureName> = new Set(["vmcs12", "shadow", "evmcs", "vmcb12"]);

/** A control structure as it is now. */
export interface StructureView {
  readonly name: StructureName;
  /** The address that its owner knows it by: L0's are host-physical, L1's are L1-physical. */
  readonly address: number;
  /** Host-physical address that its own address leads to. */
  readonly home: number;
  /** Host-physical address of what L0 works on: there, or a copy. */
  readonly host: number;
  readonly fields: readonly string[];
  lo(at: number): number;
  hi(at: number): number;
}

/** What a change is due to: a merge rule, or another of the ways that a structure is written. */
export interface Reason {
  readonly way: string;
  /** The exit, instruction or event behind it. */
  readonly by?: string;
}

/**
 * Tells a trace how control structures change, and why: each look compares them with the last one, and what is new is due to what has been done
 * since. There is one only where somebody has asked for it.
 */
export class StructureHistory {
  private readonly sink: TraceSink;
  private readonly structures: () => readonly StructureView[];
  private readonly known = new Map<string, Int32Array>();
  /** Which structure of each name is the one that counts. */
  private readonly current = new Map<string, number>();

  /** @param structures those that there are at the time */
  constructor(sink: TraceSink, structures: () => readonly StructureView[]) {
    this.sink = sink;
    this.structures = structures;
  }

  /**
   * Looks at the structures.
   * @param only the one that can have changed; default: all
   */
  note(reason: Reason, only?: StructureName): void {
    const views = this.structures().filter(({ name }) => only === undefined || name === only);
    for (const view of views) this.compare(view, reason);
    if (only === undefined) this.noteGone(views);
  }

  private compare(view: StructureView, reason: Reason): void {
    const { name, address, fields } = view;
    if (this.current.get(name) !== address) this.becomesCurrent(view);
    const key = `${name} ${address}`;
    // What is in one of the guest's when it is first looked at, the guest has stored.
    const { way, by }: Reason = !GUESTS.has(name) || this.known.has(key) ? reason : { way: "guest.stores" };
    const known = this.valuesOf(key, fields.length);
    const changed: Record<string, string> = {};
    let differs = false;
    for (let at = 0; at < fields.length; at++) {
      const [lo, hi] = [view.lo(at), view.hi(at)];
      if (known[2 * at] === lo && known[2 * at + 1] === hi) continue;
      known[2 * at] = lo;
      known[2 * at + 1] = hi;
      changed[fields[at]!] = hex(u64(lo, hi));
      differs = true;
    }
    if (differs)
      this.sink.event("structure", {
        of: name,
        at: hex(address),
        way,
        ...(by === undefined ? {} : { by }),
        ...changed,
      });
  }

  private becomesCurrent({ name, address, home, host }: StructureView): void {
    this.current.set(name, address);
    this.sink.event("structure-current", { of: name, at: hex(address), home: hex(home), host: hex(host) });
  }

  private noteGone(views: readonly StructureView[]): void {
    for (const name of [...this.current.keys()]) {
      if (views.some((view) => view.name === name)) continue;
      this.current.delete(name);
      this.sink.event("structure-current", { of: name, at: "" });
    }
  }

  private valuesOf(key: string, fields: number): Int32Array {
    const values = this.known.get(key) ?? new Int32Array(2 * fields);
    this.known.set(key, values);
    return values;
  }
}
