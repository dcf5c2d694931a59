import {
  describeOutcome,
  type Machine,
  parseSchedule,
  restoreSnapshot,
  type Schedule,
  scheduleText,
  takeSnapshot,
} from "@hvdiff/machine";
import { expect, test } from "vitest";
import { Search, SearchLimit } from "../src/explore/search.ts";
import { guestImage, Session } from "../src/session.ts";

/*
 * A search comes to a moment by going on from a snapshot, a replay by its name, from the start. Both have to see the same to the end, or a schedule that was
 * found is not the one that is printed.
 */

interface Case {
  readonly scenario: string;
  readonly column: string;
  readonly cpu?: string;
  readonly quirks?: readonly string[];
  readonly events: string;
  readonly deviations: number;
  /** Where the first deviation lies: in a part of the run, of so many. */
  readonly part: readonly [part: number, of: number];
  /** Of so many schedules one is replayed. */
  readonly stride: number;
  readonly most: number;
}

const APICV = "icelake-server";
const WRITES = "+virtualbox-kvm/registers/writes-back-unmodified-cr4";

const CASES: readonly Case[] = [
  {
    scenario: "cr4-loop",
    column: "metal",
    events: "irq:0x31,nmi",
    deviations: 1,
    part: [0, 1],
    stride: 97,
    most: 5000,
  },
  {
    scenario: "cr4-loop",
    column: "kvm@6.6+virtualbox-kvm@20240502",
    quirks: [WRITES],
    events: "signal,host-irq,irq:0x31",
    deviations: 2,
    part: [28, 32],
    stride: 37,
    most: 1500,
  },
  {
    scenario: "lost-ipi",
    column: "kvm@4.17/nested=1",
    events: "turn:0,turn:1",
    deviations: 1,
    part: [0, 1],
    stride: 29,
    most: 1700,
  },
  {
    scenario: "steered-interrupt",
    column: "kvm@4.17/nested=1",
    cpu: APICV,
    events: "turn:0,turn:1,irq:0x31",
    deviations: 2,
    part: [29, 32],
    stride: 17,
    most: 800,
  },
  {
    scenario: "lost-ipi",
    column: "metal",
    events: "turn:0,turn:1",
    deviations: 2,
    part: [28, 32],
    stride: 17,
    most: 500,
  },
];

function machineOf({ scenario, column, cpu, quirks }: Case): Machine {
  const session = new Session(guestImage({ scenario }), {
    ...(cpu === undefined ? {} : { cpu }),
    ...(quirks === undefined ? {} : { quirks }),
  });
  const resolved = session.column(column);
  return session.machine(resolved);
}

function ended(machine: Machine) {
  const outcome = describeOutcome(machine.run());
  return { outcome, serial: machine.guest.serial, events: JSON.stringify(machine.trace.events) };
}

/** What a search sees at the end of some of the schedules that it tries, whether it needs to go on to the end or not. */
function seenBySearch(each: Case): { schedule: string; end: ReturnType<typeof ended> }[] {
  const seen: { schedule: string; end: ReturnType<typeof ended> }[] = [];
  const machine = machineOf(each);
  let told = 0;
  const search = new Search({
    machine,
    events: each.events.split(",").map((event) => parseSchedule(`${event}@0`)[0]!.event),
    violated: () => false,
    progress: () => {},
    told: (schedule: Schedule) => {
      if (told++ % each.stride === 0) seen.push({ schedule: scheduleText(schedule), end: ended(machine) });
    },
    mergesTries: false,
    most: each.most,
  });
  try {
    search.findIn(each.deviations, { part: each.part[0], of: each.part[1] }, { undisturbed: null });
  } catch (error) {
    if (!(error instanceof SearchLimit)) throw error;
  }
  return seen;
}

test.each(CASES)(
  "schedules of $deviations of $events replay as they were tried, $scenario on $column",
  { timeout: 300_000 },
  (each) => {
    const seen = seenBySearch(each);
    expect(seen.length).toBeGreaterThan(20);
    expect(new Set(seen.map(({ schedule }) => schedule)).size).toBe(seen.length);
    const machine = machineOf(each);
    const start = takeSnapshot(machine);
    for (const { schedule, end } of seen) {
      restoreSnapshot(machine, start);
      machine.choices.plan(parseSchedule(schedule));
      expect(ended(machine), schedule).toEqual(end);
    }
  },
);
