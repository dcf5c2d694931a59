import type { CpuModel } from "@hvdiff/cpu";
import { L0Refusal } from "@hvdiff/nested";
import { UsageError } from "../src/api.ts";
import type { Configuration } from "../src/configuration.ts";
import { eventKey } from "../src/events.ts";
import type { ResolvedColumn } from "../src/resolved-column.ts";
import { ReusedMemory } from "../src/reused-memory.ts";
import { createMachine, type GuestImage, type Run, runMachine, settingsOf } from "../src/run.ts";
import { guestImage } from "../src/session.ts";

/** What a guest saw in one run: its events without their times, and how the run ended. */
export interface Seen {
  readonly run: Run;
  readonly keys: readonly string[];
}

/** Runs of bundled guests, each configuration on each silicon made once. */
export class TraceCache {
  private readonly images = new Map<string, GuestImage>();
  private readonly runs = new Map<string, Seen | null>();
  private readonly memory = new ReusedMemory();
  private readonly settings = settingsOf({ memory: 0x200_0000 });

  /** What the guest saw; null where the silicon cannot host the column. */
  seen(scenario: string, column: ResolvedColumn, silicon: CpuModel, configuration: Configuration): Seen | null {
    const key = `${scenario} ${silicon.id} ${configuration.key}`;
    let seen = this.runs.get(key);
    if (seen === undefined) {
      seen = this.run(scenario, column, silicon, configuration);
      this.runs.set(key, seen);
    }
    return seen;
  }

  /** Whether a guest can tell two configurations of a column apart. */
  differ(
    scenario: string,
    column: ResolvedColumn,
    silicon: CpuModel,
    [one, other]: readonly [Configuration, Configuration],
  ): boolean {
    const left = this.seen(scenario, column, silicon, one);
    const right = this.seen(scenario, column, silicon, other);
    return left !== null && right !== null && !sameSight(left, right);
  }

  private run(scenario: string, column: ResolvedColumn, silicon: CpuModel, configuration: Configuration): Seen | null {
    try {
      const image = this.imageOf(scenario);
      const machine = createMachine(image, column, configuration, silicon, {
        ...this.settings,
        processors: image.processors,
        ...this.memory.take(),
      });
      const run = runMachine(machine);
      this.memory.giveBack(machine.memory);
      return { run, keys: run.events.map(eventKey) };
    } catch (error) {
      if (error instanceof UsageError || error instanceof L0Refusal) return null;
      throw error;
    }
  }

  private imageOf(scenario: string): GuestImage {
    let image = this.images.get(scenario);
    if (image === undefined) {
      image = guestImage({ scenario });
      this.images.set(scenario, image);
    }
    return image;
  }
}

/** Whether two runs look the same to the guest, to the end. */
export function sameSight(one: Seen, other: Seen): boolean {
  return (
    one === other ||
    (one.keys.length === other.keys.length &&
      one.keys.every((key, at) => key === other.keys[at]) &&
      one.run.outcome.kind === other.run.outcome.kind)
  );
}
