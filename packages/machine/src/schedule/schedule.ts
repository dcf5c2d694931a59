/** Something that comes from outside at a moment of its own choosing. */
export type ScheduledEvent =
  /** A signal for the thread of an L0's userspace half that runs the virtual processor. */
  | { readonly kind: "signal" }
  /** An interrupt of the machine that the L0 runs on; nothing to do with its guest. */
  | { readonly kind: "host-irq" }
  /** A message of a device to the processor's local APIC: the guest's own interrupt. */
  | { readonly kind: "irq"; readonly vector: number }
  | { readonly kind: "nmi" }
  /** The VMM stops the virtual machine and lets it go on: every virtual processor returns to userspace, and waits for the others there. */
  | { readonly kind: "pause" }
  /** The host takes memory of the guest back and gives it again: an L0 forgets where it lies, as far as it can find out. */
  | { readonly kind: "reclaim" }
  /** The virtual machine moves to another host: every virtual processor returns to userspace, and goes on in a new one. */
  | { readonly kind: "migrate" }
  /** Another processor has the turn, for a slice of time or until it has nothing to do. */
  | { readonly kind: "turn"; readonly to: number };

/**
 * A moment of a run. `step` 0: before the processor executes the instruction at this tick; n: before the n-th step that a root-mode client
 * takes at this tick, where machine code that goes on behind one counts as a step.
 */
export interface ChoicePoint {
  readonly vcpu: number;
  /** The processor's count of ticks. */
  readonly tick: number;
  readonly step: number;
}

/** Where a run leaves the default schedule. */
export interface Deviation {
  readonly event: ScheduledEvent;
  readonly at: ChoicePoint;
}

/** All asynchronous choices of a run that are not the default ones. */
export type Schedule = readonly Deviation[];

/** How the empty schedule is spelled. */
export const DEFAULT_SCHEDULE = "default";

/** The kinds of events that a schedule may name. */
export const EVENT_KINDS: readonly ScheduledEvent["kind"][] = [
  "signal",
  "host-irq",
  "reclaim",
  "irq",
  "nmi",
  "turn",
  "pause",
  "migrate",
];
/** Those that stand alone. */
const PLAIN_KINDS = ["signal", "host-irq", "reclaim", "nmi", "pause", "migrate"] as const;

/** A schedule that cannot be read. The message is one line that says what and where. */
export class ScheduleError extends Error {
  override readonly name = "ScheduleError";
}

/** Order of moments of one processor. */
export function comparePoints(a: ChoicePoint, b: ChoicePoint): number {
  return a.tick - b.tick || a.step - b.step;
}

function eventText(event: ScheduledEvent): string {
  if (event.kind === "irq") return `irq:0x${event.vector.toString(16)}`;
  return event.kind === "turn" ? `turn:${event.to}` : event.kind;
}

/** `signal@1234`, `irq:0x31@1/88.2`: event, processor where it is not 0, tick, step where it is not 0. */
export function deviationText({ event, at }: Deviation): string {
  const vcpu = at.vcpu === 0 ? "" : `${at.vcpu}/`;
  const step = at.step === 0 ? "" : `.${at.step}`;
  return `${eventText(event)}@${vcpu}${at.tick}${step}`;
}

/** The one spelling of a schedule: part of a run's identity. */
export function scheduleText(schedule: Schedule): string {
  return schedule.length === 0 ? DEFAULT_SCHEDULE : schedule.map(deviationText).join(",");
}

const DEVIATION = /^([a-z-]+)(?::(0x[0-9a-f]+|\d+))?@(?:(\d+)\/)?(\d+)(?:\.(\d+))?$/i;
const LOWEST_VECTOR = 16;
const HIGHEST_VECTOR = 255;

function eventOf(part: string, kind: string, argument: string | undefined): ScheduledEvent {
  const value = argument === undefined ? null : Number(argument);
  if (kind === "irq") {
    if (value === null || value < LOWEST_VECTOR || value > HIGHEST_VECTOR)
      throw new ScheduleError(`schedule: "${part}" needs a vector from 0x10 to 0xff: irq:0x31@1234`);
    return { kind, vector: value };
  }
  if (kind === "turn") {
    if (value === null)
      throw new ScheduleError(`schedule: "${part}" needs the processor whose turn it is: turn:1@1234`);
    return { kind, to: value };
  }
  const plain = PLAIN_KINDS.find((known) => known === kind);
  if (plain === undefined)
    throw new ScheduleError(`schedule: "${part}": unknown event "${kind}" (known: ${EVENT_KINDS.join(", ")})`);
  if (value !== null) throw new ScheduleError(`schedule: "${part}": ${kind} takes no argument`);
  return { kind: plain };
}

/** Reads a schedule: deviations separated by commas or blanks, or `default`. Errors: `ScheduleError`. */
export function parseSchedule(text: string): Schedule {
  const parts = text.split(/[\s,]+/).filter((part) => part !== "");
  if (parts.length === 1 && parts[0] === DEFAULT_SCHEDULE) return [];
  return parts.map((part) => {
    const match = DEVIATION.exec(part);
    if (match === null)
      throw new ScheduleError(`schedule: "${part}" is not of the form event@tick, such as signal@1234`);
    const [, kind = "", argument, vcpu = "0", tick = "0", step = "0"] = match;
    return {
      event: eventOf(part, kind.toLowerCase(), argument),
      at: { vcpu: Number(vcpu), tick: Number(tick), step: Number(step) },
    };
  });
}
