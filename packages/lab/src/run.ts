import { type CpuModel, type RecycledMemory, requestedVectors } from "@hvdiff/cpu";
import {
  type Bounds,
  createMetal,
  DEFAULT_BOUNDS,
  describeOutcome,
  type FirmwareProfile,
  LoadError,
  type Machine,
  type Outcome,
  parseSchedule,
  type Schedule,
  ScheduleError,
  type TraceEvent,
} from "@hvdiff/machine";
import { createNestedMachine, createStack, L0Refusal, type StackOptions, type Userspace } from "@hvdiff/nested";
import { onSvm, userspaceOf } from "@hvdiff/personality";
import { type BootOptions, type GuestConsole, type GuestModule, type RunOptions, UsageError } from "./api.ts";
import type { Configuration } from "./configuration.ts";
import { PERSONALITIES } from "./products.ts";
import type { ResolvedColumn } from "./resolved-column.ts";
import { levelsBelow } from "./translation.ts";
import { type GuestVerdicts, parseVerdicts } from "./verdicts/parse-verdicts.ts";

const MIB = 0x100000;
const LEAST_MEMORY = 4 * MIB;
const MOST_MEMORY = 32768 * MIB;
const MOST_PROCESSORS = 255;
/** Beyond the guest's own RAM: an L0's tables. */
const MEMORY_RESERVE = 32 * MIB;
/** What a run may touch, however much RAM the guest has. */
const MOST_TOUCHED = 1536 * MIB;

/** What was run, beside the column. */
export interface GuestImage {
  readonly id: string;
  readonly title: string;
  /** What a multiboot kernel is told as its name. */
  readonly programName: string;
  readonly bundled: boolean;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** Logical processors, where the user does not say. */
  readonly processors: number;
  /** Silicon where the user names none. Absent: the default. */
  readonly cpu?: string;
}

/** Everything a run produced. */
export interface Run extends GuestVerdicts {
  readonly outcome: Outcome;
  /** The guest-visible projection of the trace. */
  readonly events: readonly TraceEvent[];
  /** Values of the verdicts by id. */
  readonly values: ReadonlyMap<string, string>;
  readonly serial: string;
  readonly counters: Readonly<Record<string, number>>;
  /** Interrupts that a local APIC of the guest has accepted and no processor has taken: `0/49`. */
  readonly waiting: readonly string[];
}

/** Settings with their defaults. */
export interface RunSettings {
  readonly firmware: FirmwareProfile;
  readonly memory: number;
  readonly commandLine: string;
  readonly processors: number;
  readonly modules: readonly GuestModule[];
  readonly boot: BootOptions;
  readonly devices: NonNullable<RunOptions["devices"]>;
  readonly restartsAfter: NonNullable<RunOptions["restartsAfter"]>;
  readonly bounds: Bounds;
  readonly schedule: Schedule;
}

/** Errors: `UsageError` for sizes that make no machine. */
export function settingsOf(options: RunOptions): RunSettings {
  const memory = options.memory ?? 64 * MIB;
  if (!Number.isInteger(memory / MIB) || memory < LEAST_MEMORY || memory > MOST_MEMORY) {
    throw new UsageError(
      `memory of ${memory} bytes: must be a multiple of 1 MiB from ${LEAST_MEMORY / MIB} to ${MOST_MEMORY / MIB} MiB`,
    );
  }
  const processors = options.processors ?? 1;
  if (!Number.isInteger(processors) || processors < 1 || processors > MOST_PROCESSORS)
    throw new UsageError(`${processors} processors: must be a number from 1 to ${MOST_PROCESSORS}`);
  return {
    firmware: options.firmware ?? "seabios",
    memory,
    commandLine: options.commandLine ?? "",
    processors,
    modules: options.modules ?? [],
    boot: options.boot ?? {},
    devices: options.devices ?? [],
    restartsAfter: options.restartsAfter ?? [],
    schedule: scheduleOf(options, processors),
    bounds: {
      ...DEFAULT_BOUNDS,
      instructions: options.maxInstructions ?? DEFAULT_BOUNDS.instructions,
      memory: Math.max(DEFAULT_BOUNDS.memory, Math.min(memory + MEMORY_RESERVE, MOST_TOUCHED)),
    },
  };
}

/** Errors: `UsageError`. */
function scheduleOf({ schedule = "" }: RunOptions, processors: number): Schedule {
  try {
    const parsed = parseSchedule(schedule);
    for (const { at, event } of parsed) {
      const named = event.kind === "turn" ? Math.max(at.vcpu, event.to) : at.vcpu;
      if (named >= processors) throw new ScheduleError(`schedule: there is no processor ${named}`);
    }
    return parsed;
  } catch (error) {
    if (error instanceof ScheduleError) throw new UsageError(error.message);
    throw error;
  }
}

/** Events that are L0's business or only explain others: not part of what is compared. */
const NOT_COMPARED = new Set(["check"]);

/**
 * The guest-visible projection of a trace: each processor's events in order, one processor behind the other. Which of two processors does something
 * first is not to be seen but by what they read of each other.
 * @param below levels under the guest's own first: hypervisors of a stack
 */
export function projectionOf(events: readonly TraceEvent[], below = 0): TraceEvent[] {
  const own = events.filter((event) => event.level > below && !NOT_COMPARED.has(event.kind));
  own.sort((one, other) => one.vcpu - other.vcpu);
  return below === 0 ? own : own.map((event) => ({ ...event, level: event.level - below }));
}

/** The VMM half of a column on its kernel; null where there is none. */
function userspaceFor({ spec, context }: ResolvedColumn): Userspace | null {
  const half = PERSONALITIES.find(({ product }) => product === spec.vmm?.product)?.vmmHalf;
  if (half === undefined) return null;
  // KVM_CAP_EXCEPTION_PAYLOAD, without which nobody moves L2, came after KVM_CAP_NESTED_STATE.
  const hasNestedState = context.atLeast("4.20");
  return userspaceOf(half, {
    tellsGuestMode: context.atLeast("6.11"),
    // What stops a move is VMX.
    migrationBlocker: onSvm(context) ? null : (half.migrationBlocker?.(spec.vmm!.version, hasNestedState) ?? null),
  });
}

/** What a machine is made with beside the settings of its run. */
export interface MachineSettings {
  readonly recycled?: RecycledMemory;
  /** Default true. */
  readonly recordTrace?: boolean;
  /** What an L0 does by itself as well. */
  readonly traceRoot?: boolean;
  /** What becomes of control structures as well. */
  readonly traceStructures?: boolean;
}

/** The machine of a column with the guest loaded. Errors: `UsageError`. */
export function createMachine(
  image: GuestImage,
  column: ResolvedColumn,
  configuration: Configuration,
  silicon: CpuModel,
  settings: RunSettings & MachineSettings,
): Machine {
  const common = {
    ...(settings.recycled ? { recycled: settings.recycled } : {}),
    recordTrace: settings.recordTrace ?? true,
    traceRoot: settings.traceRoot ?? false,
    traceStructures: settings.traceStructures ?? false,
    ...settings.boot,
    image: image.bytes,
    programName: image.programName,
    commandLine: settings.commandLine,
    modules: settings.modules,
    synicTestDevice: settings.devices.includes("hyperv-testdev"),
    pciTestDevice: settings.devices.includes("pci-testdev"),
    memory: settings.memory,
    firmware: settings.firmware,
    schedule: settings.schedule,
    bounds: settings.bounds,
  };
  try {
    if (column.spec.product === "metal")
      return createMetal({
        ...common,
        model: silicon,
        processors: settings.processors,
        restartsAfter: settings.restartsAfter,
      });
    const below = levelsBelow(column);
    if (configuration.levels !== null && below < configuration.levels.length - 1)
      return createStackMachine(column, configuration.levels, silicon, common, settings.processors);
    return createNestedMachine({
      ...common,
      processors: settings.processors,
      silicon,
      guestModel: configuration.guestModel,
      policy: configuration.policy,
      mechanisms: configuration.mechanisms,
      userspace: userspaceFor(column),
    });
  } catch (error) {
    if (error instanceof LoadError) throw new UsageError(`${image.id}: ${error.message}`);
    if (error instanceof L0Refusal) throw new UsageError(`column "${column.text}": ${error.message}`);
    throw error;
  }
}

/** Errors: `L0Refusal`, `UsageError`, `LoadError`. */
function createStackMachine(
  column: ResolvedColumn,
  levels: readonly Configuration[],
  silicon: CpuModel,
  common: Omit<StackOptions, "silicon" | "levels" | "traceAll"> & {
    readonly traceRoot: boolean;
    readonly schedule: Schedule;
  },
  processors: number,
): Machine {
  const { levels: columns, text } = column;
  const below = levelsBelow(column);
  if (processors > 1) throw new UsageError(`column "${text}": a stack of hypervisors has one processor`);
  if (common.schedule.length > 0)
    throw new UsageError(`column "${text}": nothing can be scheduled for a stack of hypervisors`);
  return createStack({
    ...common,
    silicon,
    traceAll: common.traceRoot,
    levels: levels.slice(below).map(({ guestModel, policy, mechanisms }, at) => ({
      name: columns![below + at]!.text,
      guestModel,
      policy,
      mechanisms,
    })),
  });
}

/** Choice points between two looks at what the guest has printed: some milliseconds. */
const LOOK_EVERY = 64;

/** Tells what the guest has printed since it was last looked at. */
export function createTeller(machine: Machine, console: GuestConsole): () => void {
  return () => {
    const output = machine.guest.takeNew();
    for (const stream of ["serial", "debug"] as const) if (output[stream] !== "") console[stream](output[stream]);
  };
}

/** Runs a machine to its end and takes what matters. */
export function runMachine(machine: Machine, console?: GuestConsole): Run {
  if (console !== undefined) {
    const tell = createTeller(machine, console);
    while (!machine.runChoicePoints(LOOK_EVERY)) tell();
    tell();
  }
  const outcome = machine.run();
  const events = projectionOf(machine.trace.events, (machine.options.clients ?? 1) - 1);
  const { serial, truncated } = machine.guest;
  const exitCode = outcome.kind === "exit" ? outcome.code : null;
  const said = parseVerdicts(serial, { exitCode, text: describeOutcome(outcome), truncated });
  const values = new Map(said.verdicts.map((verdict) => [verdict.id, verdict.value]));
  return {
    outcome,
    events,
    ...said,
    values,
    serial,
    counters: countersOf(machine, events),
    waiting: waitingOn(machine),
  };
}

/** Interrupts that a local APIC of the guest has accepted and no processor has taken, as `processor/vector`. */
export function waitingOn({ memory, processors, client }: Machine): readonly string[] {
  // Under an L0 the guest's local APICs are those of the register files that it keeps.
  const first = client === null ? 0 : processors.length;
  return processors.flatMap(({ index }) =>
    requestedVectors(memory.stateOf(first + index)).map((vector) => `${index}/${vector}`),
  );
}

function countersOf(machine: Machine, events: readonly TraceEvent[]): Record<string, number> {
  const { recordTrace } = machine.options;
  const counters = { instructions: machine.now(), ...(recordTrace === false ? {} : { events: events.length }) };
  return { ...counters, ...machine.counters };
}
