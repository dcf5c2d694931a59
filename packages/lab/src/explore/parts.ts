import { type Machine, parseSchedule, type Schedule, scheduleText } from "@hvdiff/machine";
import type { Exploration } from "./exploration.ts";
import { endOf } from "./property.ts";
import { Search, type SearchCounts, SearchLimit, type TryEnd } from "./search.ts";

/** How many parts a search is made of at each depth, whoever searches them. */
export const PARTS = 32;

/** What of a search can be done apart from the rest: all schedules of one length whose first deviation lies in one part of the run. */
export interface SearchPart {
  /** Deviations of each schedule. */
  readonly depth: number;
  /** From 0 to one less than there are. */
  readonly part: number;
}

/** What came of a part: the same whoever has searched it, and whatever else has been searched there. */
export interface PartResult {
  readonly tried: number;
  readonly merged: number;
  /** The schedule that breaks the property, where the part has one; it was tried last. */
  readonly found: string | null;
  /** Every schedule and how it ended, where somebody asks for that. */
  readonly told: readonly { readonly schedule: string; readonly end: TryEnd }[];
  /** The search has come to the most schedules that it may try. */
  readonly limited: boolean;
}

/** Searches part after part of one exploration. */
export class PartSearch {
  private readonly exploration: Exploration;

  constructor(exploration: Exploration) {
    this.exploration = exploration;
  }

  /**
   * @param most schedules that may still be tried
   * @param progress told of what has been done of this part
   */
  search(part: SearchPart, most: number, progress: (counts: SearchCounts) => void = () => {}): PartResult {
    if (part.depth === 0) return this.undisturbed();
    const { machine, events, property, tree } = this.exploration;
    const told: { schedule: string; end: TryEnd }[] = [];
    const search = new Search({
      machine,
      events,
      violated: (ended: Machine) => !property.holds(endOf(ended)),
      progress,
      mergesTries: !property.needsTrace,
      most,
      ...(tree === null
        ? {}
        : { told: (schedule: Schedule, end: TryEnd) => told.push({ schedule: scheduleText(schedule), end }) }),
    });
    try {
      const schedule = search.findIn(part.depth, { part: part.part, of: PARTS }, this.exploration);
      return { ...search.counts, found: schedule === null ? null : scheduleText(schedule), told, limited: false };
    } catch (error) {
      if (error instanceof SearchLimit) return { ...search.counts, found: null, told, limited: true };
      throw error;
    }
  }

  /** The default schedule itself. */
  private undisturbed(): PartResult {
    const { property } = this.exploration;
    const machine = this.exploration.another();
    machine.run();
    const found = property.holds(endOf(machine)) ? null : scheduleText([]);
    return { tried: 1, merged: 0, found, told: [], limited: false };
  }
}

/** What a search came to. */
export interface Found {
  readonly schedule: Schedule | null;
  readonly exhaustive: boolean;
  readonly counts: SearchCounts;
}

/** Puts results of parts together in their order; what comes behind a schedule that breaks the property does not count. */
export class Gathered {
  readonly counts: SearchCounts = { tried: 0, merged: 0 };
  private readonly exploration: Exploration;

  constructor(exploration: Exploration) {
    this.exploration = exploration;
  }

  /** The end of the search, if this part is its end. */
  take({ tried, merged, found, told, limited }: PartResult): Found | null {
    const { counts } = this;
    counts.tried += tried;
    counts.merged += merged;
    for (const { schedule, end } of told) this.exploration.tree?.take(parseSchedule(schedule), end);
    if (limited) return { schedule: null, exhaustive: false, counts };
    return found === null ? null : { schedule: parseSchedule(found), exhaustive: false, counts };
  }

  get exhausted(): Found {
    return { schedule: null, exhaustive: true, counts: this.counts };
  }
}

/** How many parts there are of schedules with so many deviations. */
export function partsOf(depth: number): number {
  return depth === 0 ? 1 : PARTS;
}
