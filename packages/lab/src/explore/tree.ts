import { type Schedule, scheduleText } from "@hvdiff/machine";
import type { ScheduleTree, TriedSchedule } from "../results.ts";
import type { TryEnd } from "./search.ts";

const MOST_KEPT = 20_000;

/** Keeps the schedules that a search tries, as a tree: what they begin with alike is there once. */
export class TreeBuilder {
  private readonly tried: TriedSchedule[] = [];
  private readonly places = new Map<string, number>();
  private truncated = false;

  take = (schedule: Schedule, end: TryEnd): void => {
    const parent = schedule.length < 2 ? -1 : this.placeOf(schedule.slice(0, -1));
    this.add(schedule, parent, end);
  };

  get tree(): ScheduleTree {
    return { tried: this.tried, truncated: this.truncated };
  }

  private placeOf(schedule: Schedule): number {
    const known = this.places.get(scheduleText(schedule));
    if (known !== undefined) return known;
    return this.add(schedule, schedule.length < 2 ? -1 : this.placeOf(schedule.slice(0, -1)), "tried");
  }

  private add(schedule: Schedule, parent: number, end: TriedSchedule["end"]): number {
    const last = schedule.at(-1)!;
    // What breaks the property is kept in any case.
    if (this.tried.length >= MOST_KEPT && end !== "violated") {
      this.truncated = true;
      return -1;
    }
    const { vcpu, tick } = last.at;
    const place = this.tried.push({ parent, deviation: scheduleText([last]), vcpu, tick, end }) - 1;
    this.places.set(scheduleText(schedule), place);
    return place;
  }
}
