import { STATE } from "@hvdiff/cpu";
import { type ChoicePoint, describeOutcome, deviationText, type Machine, type ScheduledEvent } from "@hvdiff/machine";
import type { RunOptions } from "../src/api.ts";
import { eventKey } from "../src/events.ts";
import { ReusedMemory } from "../src/reused-memory.ts";
import { projectionOf } from "../src/run.ts";
import { guestImage, Session } from "../src/session.ts";

const KVM = "kvm@6.11+qemu@9.0/host";
const ENLIGHTENED = `${KVM}/hv-vapic=on/hv-evmcs=on`;
const SYNTHETIC = `${KVM}/hv-passthrough=on`;
const CLIENT = "skylake-client";
const APICV = "icelake-server";

/** A guest, where it runs, and the silicon. */
export type MovedGuest = readonly [scenario: string, column: string, cpu: string];

/** A guest under the newest KVM on the plainest silicon, unless something else is said. */
export function movedGuest(scenario: string, column = KVM, cpu = CLIENT): MovedGuest {
  return [scenario, column, cpu];
}

/** What `bench/moves.ts` moves at every return to userspace. */
export const MOVED_GUESTS: readonly MovedGuest[] = [
  ...[
    "xsaves-control",
    "vmx-instruction-errors",
    "vmcs12-memory",
    "entry-checks",
    "physical-address-width",
    "emulated-steps",
    "intercepted-faults",
    "stepped-output",
    "ept-walk",
    "guest-views",
    "exit-mix",
    "plain-cpuid",
    "msr-storm",
    "page-fault-storm",
    "cr4-loop",
    "cr4-crash",
    "cr4-cached",
    "halted-entry",
    "hypercalls",
    "init-in-root",
    "lost-ipi",
    "stray-exception",
    "astray",
    "waiting-times",
  ].map((scenario) => movedGuest(scenario)),
  ...[
    "late-interrupt",
    "repeated-interrupt",
    "late-posted-interrupt",
    "forgotten-notification",
    "sleeping-l2",
    "steered-interrupt",
    "entry-checks",
  ].map((scenario) => movedGuest(scenario, KVM, APICV)),
  ...["enlightened-vmcs", "cpuid-storm", "l2-flush"].map((scenario) => movedGuest(scenario, ENLIGHTENED)),
  movedGuest("synthetic-interrupts", SYNTHETIC),
  ...["npt-2m", "npt-1g", "svm-instructions", "vmrun-checks", "init-by-vmmcall", "sx-init-redirect"].map((scenario) =>
    movedGuest(scenario, KVM, "zen2"),
  ),
  movedGuest("cr4-loop", "kvm@5.8+qemu@5.0/host"),
  movedGuest("ept-walk", "kvm@5.8+qemu@5.0/host"),
];

const memory = new ReusedMemory();

/** A machine with the guest, at its beginning. */
export function machineOf([scenario, column, cpu]: MovedGuest, options: RunOptions = {}): Machine {
  const session = new Session(guestImage({ scenario }), { cpu, ...options });
  const resolved = session.column(column);
  return session.machine(resolved, memory.take());
}

/** What has been seen of a guest. */
export interface Seen {
  readonly events: readonly string[];
  /** Null where the run has not come to its end. */
  readonly end: string | null;
}

export function seenIn({ trace, outcome, guest }: Machine): Seen {
  const end = outcome === null ? null : `${describeOutcome(outcome)}\n${guest.serial}`;
  return { events: projectionOf(trace.events).map(eventKey), end };
}

/** The first thing that one has seen otherwise than the other; null if there is none as far as the first has come. */
export function differenceOf(here: Seen, there: Seen): string | null {
  const at = here.events.findIndex((event, nth) => event !== there.events[nth]);
  if (at >= 0) return `${here.events[at]} instead of ${there.events[at]}`;
  return here.end === null || here.end === there.end ? null : here.end;
}

/** The virtual machine is stopped, and L0 finds out anew where its memory lies: what a move is beside what it moves. */
export const STOPPED: readonly ScheduledEvent[] = [{ kind: "pause" }, { kind: "reclaim" }];
export const MOVED: readonly ScheduledEvent[] = [{ kind: "migrate" }];

/** Every moment of an undisturbed run that lies before a step of L0. */
export function returnsOf(guest: MovedGuest): readonly ChoicePoint[] {
  const machine = machineOf(guest);
  const points: ChoicePoint[] = [];
  do {
    const processor = machine.turns.upcoming();
    const point = processor === null ? null : machine.choices.pointOf(processor);
    if (point !== null && point.step > 0) points.push(point);
  } while (!machine.runChoicePoints(1));
  return points;
}

/** What is seen of a run in which events come at one moment. */
export function seenAfter(guest: MovedGuest, events: readonly ScheduledEvent[], at: ChoicePoint): Seen {
  const machine = machineOf(guest, { schedule: events.map((event) => deviationText({ event, at })).join(",") });
  machine.run();
  const seen = seenIn(machine);
  memory.giveBack(machine.memory);
  return seen;
}

/** An instruction whose pages the new host has to find first would never be done. */
const MOST_IN_A_TICK = 3;
const MODE_GUEST = 2;

/**
 * Makes events happen before the first step of L0 behind each exit: a move then is at the return to userspace when that exit is handled. Not more than a few
 * times without an instruction in between, and not while another one is still waited for.
 * @returns whether the run has come to its end
 */
export function disturb(machine: Machine, events: readonly ScheduledEvent[], until: () => boolean): boolean {
  const isInGuest = machine.processors.map(() => false);
  let last = -1;
  let times = 0;
  let asked = 0;
  while (!until()) {
    const processor = machine.turns.upcoming();
    if (processor !== null) {
      const { index, s } = processor;
      const wasInGuest = isInGuest[index]!;
      isInGuest[index] = s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST;
      if (wasInGuest && !isInGuest[index] && asked === doneIn(machine)) {
        const ticks = machine.processors.reduce((sum, { retired }) => sum + retired, 0);
        times = ticks === last ? times + 1 : 0;
        last = ticks;
        if (times < MOST_IN_A_TICK) {
          asked++;
          for (const event of events) machine.choices.perform(event, processor);
        }
      }
    }
    if (machine.runChoicePoints(1)) return true;
  }
  return false;
}

function doneIn({ counters }: Machine): number {
  const { moves = 0, "moves.refused": refused = 0, pauses = 0 } = counters;
  return moves + refused + pauses;
}
