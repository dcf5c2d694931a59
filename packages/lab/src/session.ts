import type { CpuModel } from "@hvdiff/cpu";
import { loadImage, SCENARIOS } from "@hvdiff/guests";
import type { Machine, TraceEvent } from "@hvdiff/machine";
import { nearestHint, type Quirk } from "@hvdiff/personality";
import { type Guest, type GuestConsole, type RunOptions, UsageError } from "./api.ts";
import { configurationOf } from "./configuration.ts";
import { eventKey } from "./events.ts";
import { DEFAULT_SVM_CPU } from "./products.ts";
import { resolveColumn, resolveCpu } from "./resolve.ts";
import type { ResolvedColumn } from "./resolved-column.ts";
import { ReusedMemory } from "./reused-memory.ts";
import {
  createMachine,
  type GuestImage,
  type MachineSettings,
  type Run,
  type RunSettings,
  runMachine,
  settingsOf,
} from "./run.ts";
import { sha256Hex } from "./run-id.ts";
import { withLevelsBelow } from "./translation.ts";

/** Runs of one guest on one silicon, each combination of column and quirks made once. */
export class Session {
  readonly image: GuestImage;
  readonly silicon: CpuModel;
  readonly settings: RunSettings;
  private readonly options: RunOptions;
  private readonly runs = new Map<string, Run>();
  private readonly memory = new ReusedMemory();
  private readonly keys = new Map<Run, readonly string[]>();

  constructor(image: GuestImage, options: RunOptions) {
    this.image = image;
    this.options = options;
    this.silicon = resolveCpu(image.cpu === undefined ? options : { cpu: image.cpu, ...options });
    this.settings = settingsOf({ ...options, processors: options.processors ?? image.processors });
  }

  /** Whether something comes from outside. */
  get isScheduled(): boolean {
    return this.settings.schedule.length > 0;
  }

  column(text: string): ResolvedColumn {
    return resolveColumn(text, this.silicon, this.options);
  }

  /** Columns to compare, with the first. Errors: `UsageError`. */
  columns(texts: readonly string[]): readonly ResolvedColumn[] {
    if (texts.length === 0) throw new UsageError("no columns to compare");
    return texts.map((text) => this.column(text));
  }

  /** Runs the guest in a column with these of its quirks on. Quirk sets that come down to the same thing share one run. */
  run(column: ResolvedColumn, quirks: readonly Quirk[] = column.quirks): Run {
    const configuration = configurationOf(column, quirks, this.silicon);
    const key = configuration.key;
    let run = this.runs.get(key);
    if (run === undefined) {
      const machine = createMachine(this.image, column, configuration, this.silicon, {
        ...this.settings,
        ...this.memory.take(),
      });
      run = withLevelsBelow(runMachine(machine), column);
      this.memory.giveBack(machine.memory);
      this.runs.set(key, run);
    }
    return run;
  }

  /** Runs the guest in a column once, telling what it prints. No trace is kept. */
  runOnce(column: ResolvedColumn, console: GuestConsole): Run {
    return withLevelsBelow(runMachine(this.machine(column, { recordTrace: false }), console), column);
  }

  /** A machine of its own for the guest in a column, with the session's settings but for these. */
  machine(column: ResolvedColumn, settings: Partial<RunSettings> & MachineSettings = {}): Machine {
    const configuration = configurationOf(column, column.quirks, this.silicon);
    return createMachine(this.image, column, configuration, this.silicon, { ...this.settings, ...settings });
  }

  /** What the events of a run compare by. */
  keysOf(run: Run): readonly string[] {
    let keys = this.keys.get(run);
    if (keys === undefined) {
      keys = run.events.map((event: TraceEvent) => eventKey(event));
      this.keys.set(run, keys);
    }
    return keys;
  }
}

/** Finds or takes the image. Errors: `UsageError` with the nearest scenario names. */
export function guestImage(guest: Guest): GuestImage {
  if ("image" in guest)
    return {
      id: guest.name,
      title: guest.name,
      programName: guest.path ?? guest.name,
      bundled: false,
      bytes: guest.image,
      sha256: sha256Hex(guest.image),
      processors: 1,
    };
  const scenario = SCENARIOS.find((known) => known.id === guest.scenario);
  if (scenario === undefined)
    throw new UsageError(
      `unknown scenario "${guest.scenario}"${nearestHint(
        guest.scenario,
        SCENARIOS.map((known) => known.id),
      )}`,
    );
  const bytes = loadImage(scenario.id);
  const { id, title, processors = 1, needs } = scenario;
  const cpu = needs.includes("svm") ? { cpu: DEFAULT_SVM_CPU } : {};
  return { id, title, programName: id, bundled: true, bytes, sha256: sha256Hex(bytes), processors, ...cpu };
}
