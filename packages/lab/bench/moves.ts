import { describeOutcome, type Machine } from "@hvdiff/machine";
import { configurationOf } from "../src/configuration.ts";
import { eventKey } from "../src/events.ts";
import { createMachine, projectionOf } from "../src/run.ts";
import { guestImage, Session } from "../src/session.ts";

/*
 * tsx --conditions=@hvdiff/source packages/lab/bench/moves.ts [SCENARIO COLUMN CPU]: moves a virtual machine to another host at every return to userspace that a run
 * can make, behind each exit to L0, and compares what the guest sees with a run that stays where it is.
 */

const KVM = "kvm@6.11+qemu@9.0/host";
const ENLIGHTENED = `${KVM}/hv-vapic=on/hv-evmcs=on`;
const SYNTHETIC = `${KVM}/hv-passthrough=on`;
const CLIENT = "skylake-client";
const APICV = "icelake-server";
const SECONDS = 120;

type Pair = readonly [scenario: string, column: string, cpu: string];

const PAIRS: readonly Pair[] = [
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
  ].map((scenario): Pair => [scenario, KVM, CLIENT]),
  ...[
    "late-interrupt",
    "repeated-interrupt",
    "late-posted-interrupt",
    "forgotten-notification",
    "sleeping-l2",
    "steered-interrupt",
    "entry-checks",
  ].map((scenario): Pair => [scenario, KVM, APICV]),
  ["enlightened-vmcs", ENLIGHTENED, CLIENT],
  ["cpuid-storm", ENLIGHTENED, CLIENT],
  ["l2-flush", ENLIGHTENED, CLIENT],
  ["synthetic-interrupts", SYNTHETIC, CLIENT],
  ...["npt-2m", "npt-1g", "svm-instructions", "vmrun-checks", "init-by-vmmcall", "sx-init-redirect"].map(
    (scenario): Pair => [scenario, KVM, "zen2"],
  ),
  ["cr4-loop", "kvm@5.8+qemu@5.0/host", CLIENT],
  ["ept-walk", "kvm@5.8+qemu@5.0/host", CLIENT],
];

function machineOf([scenario, column, cpu]: Pair): Machine {
  const session = new Session(guestImage({ scenario }), { cpu });
  const resolved = session.column(column);
  return createMachine(
    session.image,
    resolved,
    configurationOf(resolved, resolved.quirks, session.silicon),
    session.silicon,
    session.settings,
  );
}

/** Exits that the guest makes by itself: a request to move makes one for the host's interrupt. */
function exitsOf({ counters }: Machine): number {
  const isOfGuest = (name: string) => name.startsWith("exits.") && !/INTERRUPT$|INTR$/.test(name);
  return Object.entries(counters).reduce((sum, [name, count]) => (isOfGuest(name) ? sum + count : sum), 0);
}

/** The first thing that one has seen otherwise than the other; null if there is none as far as the first has come. */
function differenceOf(here: Machine, there: Machine): string | null {
  const eventsOf = ({ trace }: Machine) => projectionOf(trace.events).map(eventKey);
  const others = eventsOf(there);
  const differing = eventsOf(here).find((event, at) => event !== others[at]);
  if (differing !== undefined) return differing;
  if (here.outcome === null) return null;
  const endOf = ({ outcome, guest }: Machine) => `${describeOutcome(outcome!)} ${guest.serial}`;
  return endOf(here) === endOf(there) ? null : endOf(here);
}

function ticksOf({ processors }: Machine): number {
  return processors.reduce((sum, { retired }) => sum + retired, 0);
}

/**
 * Asks for a move behind each exit, until the run or the time is over. Once in each tick: an instruction that needs two pages which the new host has not
 * mapped yet would never be done.
 */
function moveOften(machine: Machine, until: number): void {
  let ticks = -1;
  for (let exits = -1; Date.now() < until; ) {
    const now = exitsOf(machine);
    if (now !== exits && ticksOf(machine) !== ticks) {
      ticks = ticksOf(machine);
      const processor = machine.turns.upcoming();
      if (processor !== null) machine.choices.perform({ kind: "migrate" }, processor);
      exits = now;
    }
    if (machine.runChoicePoints(1)) return;
  }
}

function compare(pair: Pair): string {
  const stays = machineOf(pair);
  stays.run();
  const goes = machineOf(pair);
  moveOften(goes, Date.now() + SECONDS * 1000);
  const { moves = 0, "moves.refused": refused = 0 } = goes.counters;
  const difference = differenceOf(goes, stays);
  const verdict = difference === null ? "the same" : `differs at ${difference}`;
  const part = goes.outcome === null ? ` of ${exitsOf(stays)} in ${SECONDS} s` : "";
  return `${moves} moves${part}${refused === 0 ? "" : `, ${refused} refused`}: ${verdict}`;
}

const [scenario, column, cpu] = process.argv.slice(2);
const pairs: readonly Pair[] = scenario === undefined ? PAIRS : [[scenario, column ?? KVM, cpu ?? CLIENT]];
for (const pair of pairs) process.stdout.write(`${pair.join(" ")}: ${compare(pair)}\n`);
