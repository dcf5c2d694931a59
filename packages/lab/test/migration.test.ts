import { describeOutcome } from "@hvdiff/machine";
import { describe, expect, test } from "vitest";
import { eventKey } from "../src/events.ts";
import { createLab } from "../src/index.ts";
import { projectionOf } from "../src/run.ts";
import { guestImage, Session } from "../src/session.ts";
import {
  differenceOf,
  disturb,
  MOVED,
  type MovedGuest,
  machineOf,
  movedGuest,
  STOPPED,
  seenIn,
} from "./moved-guests.ts";

const lab = createLab();
const COLUMN = "kvm@6.11+qemu@9.0/host";
const ENLIGHTENED = "kvm@6.11+qemu@9.0/host/hv-vapic=on/hv-evmcs=on";
const LONGEST = 200_000;
/** A guest that a move has sent round in circles need not be followed further. */
const MOST_MOVES = 1000;

function ended(scenario: string, column: string, cpu: string, schedule: string) {
  const session = new Session(guestImage({ scenario }), { schedule, cpu });
  const resolved = session.column(column);
  const machine = session.machine(resolved);
  const outcome = describeOutcome(machine.run());
  const events = projectionOf(machine.trace.events).map(eventKey);
  const firstRun = machine.trace.events.find(({ kind }) => kind === "vmrun")?.time ?? 0;
  const pointers = machine.trace.events.filter(({ data }) => data["instruction"] === "vmptrld");
  const loads = pointers.map(({ time }) => time);
  const seen = { outcome, serial: machine.guest.serial, events };
  return { seen, ticks: machine.now(), counters: machine.counters, firstRun, loads };
}

/** Moves at moments that look random, one in each part of the run. */
function moves(count: number, ticks: number): string {
  const part = Math.min(ticks, LONGEST) / count;
  const at = (nth: number) => Math.floor((nth + ((nth * 617 + 311) % 1000) / 1000) * part);
  return Array.from({ length: count }, (_, nth) => `migrate@${at(nth)}`).join(",");
}

describe("a guest that is moved to another host again and again", () => {
  test.each([
    ["cr4-loop", COLUMN, "skylake-client", 40],
    ["exit-mix", COLUMN, "skylake-client", 6],
    ["ept-walk", COLUMN, "skylake-client", 12],
    ["entry-checks", COLUMN, "icelake-server", 6],
    ["halted-entry", COLUMN, "skylake-client", 12],
    ["vmcs12-memory", COLUMN, "skylake-client", 8],
    ["cpuid-storm", ENLIGHTENED, "skylake-client", 12],
    ["synthetic-interrupts", "kvm@6.11+qemu@9.0/host/hv-passthrough=on", "skylake-client", 30],
    ["hypercalls", COLUMN, "skylake-client", 12],
    ["lost-ipi", COLUMN, "skylake-client", 12],
    ["repeated-interrupt", COLUMN, "icelake-server", 12],
    ["late-posted-interrupt", COLUMN, "icelake-server", 12],
    ["sleeping-l2", COLUMN, "icelake-server", 12],
    ["steered-interrupt", COLUMN, "icelake-server", 12],
    ["astray", COLUMN, "skylake-client", 8],
    ["npt-2m", COLUMN, "zen2", 20],
    ["svm-instructions", COLUMN, "zen2", 20],
    ["vmrun-checks", COLUMN, "zen2", 20],
    ["init-by-vmmcall", COLUMN, "zen2", 12],
  ])("%s under %s on %s does not notice it", { timeout: 60_000 }, (scenario, column, cpu, count) => {
    const stays = ended(scenario, column, cpu, "default");
    const goes = ended(scenario, column, cpu, moves(count, stays.ticks));
    expect(goes.counters["moves"]).toBeGreaterThan(count / 2 - 1);
    expect(goes.seen).toEqual(stays.seen);
  });
});

/** Moves, or stops, at every return to userspace. */
function disturbed(guest: MovedGuest, events: Parameters<typeof disturb>[1], quirks: readonly string[] = []) {
  const machine = machineOf(guest, { quirks });
  const ended = disturb(machine, events, () => (machine.counters["moves"] ?? 0) >= MOST_MOVES);
  return { seen: seenIn(machine), ended, counters: machine.counters };
}

describe("a guest that is moved at every return to userspace", () => {
  test.each([
    movedGuest("xsaves-control"),
    movedGuest("cr4-loop"),
    movedGuest("cr4-crash"),
    movedGuest("halted-entry"),
    movedGuest("init-in-root"),
    movedGuest("cpuid-storm", ENLIGHTENED),
    movedGuest("l2-flush", ENLIGHTENED),
  ])("%s under %s on %s sees what it would have seen", { timeout: 120_000 }, (...guest) => {
    const { seen, ended, counters } = disturbed(guest, MOVED);
    expect(ended).toBe(true);
    expect(counters["moves"]).toBeGreaterThan(40);
    expect(counters["moves.refused"]).toBeUndefined();
    expect(differenceOf(seen, disturbed(guest, []).seen)).toBeNull();
  });

  test.each([movedGuest("lost-ipi"), movedGuest("steered-interrupt", COLUMN, "icelake-server")])(
    "%s under %s on %s, where processors wait for each other, sees what stops make it see",
    { timeout: 120_000 },
    (...guest) => {
      const { seen, counters } = disturbed(guest, MOVED);
      expect(counters["moves"]).toBeGreaterThan(100);
      expect(differenceOf(seen, disturbed(guest, STOPPED).seen)).toBeNull();
    },
  );

  test.each([
    movedGuest("sleeping-l2", COLUMN, "icelake-server"),
    movedGuest("late-posted-interrupt", COLUMN, "icelake-server"),
  ])(
    "%s under %s on %s loses the notification that a quirk names, and nothing else",
    { timeout: 120_000 },
    (...guest) => {
      const quirks = ["-kvm/migration/notification-lost"];
      const stops = disturbed(guest, STOPPED).seen;
      expect(differenceOf(disturbed(guest, MOVED).seen, stops)).not.toBeNull();
      expect(differenceOf(disturbed(guest, MOVED, quirks).seen, stops)).toBeNull();
    },
  );

  test.each([
    [movedGuest("hypercalls"), "kvm/migration/wake-lost"],
    [movedGuest("enlightened-vmcs", ENLIGHTENED), "kvm/migration/clean-fields-forgotten"],
    [
      movedGuest("cpuid-storm", "kvm@5.10+qemu@5.2/host/hv-vapic=on/hv-evmcs=on"),
      "kvm/migration/enlightened-exit-lost",
    ],
  ])("%s notices it because of %s alone", { timeout: 120_000 }, (guest, quirk) => {
    const stays = disturbed(guest, []).seen;
    expect(differenceOf(disturbed(guest, MOVED).seen, stays)).not.toBeNull();
    expect(differenceOf(disturbed(guest, MOVED, [`-${quirk}`]).seen, stays)).toBeNull();
  });
});

test("a move behind VMPTRLD, before L1 goes on, loses nothing of the VMCS", { timeout: 60_000 }, () => {
  const stays = ended("vmcs12-memory", COLUMN, "skylake-client", "default");
  for (const time of stays.loads.slice(0, 4)) {
    const goes = ended("vmcs12-memory", COLUMN, "skylake-client", `migrate@${time}.1`);
    expect(goes.counters["moves"]).toBe(1);
    expect(goes.seen).toEqual(stays.seen);
  }
});

describe("what is lost where a guest is moved", () => {
  test.each([
    ["kvm@5.7+qemu@5.0/host", "migrate@7200", "apic-timer", "kvm/migration/apic-timer-restarts"],
    ["kvm@5.8+qemu@5.0/host", "migrate@7200", null, null],
    ["kvm@5.7+qemu@5.0/host", "migrate@16800", "preemption-timer", "kvm/migration/preemption-timer-restarts"],
    ["kvm@5.8+qemu@5.0/host", "migrate@16800", null, null],
    ["kvm@6.11+qemu@9.0/host", "migrate@22319.2", "injected-int", "kvm/migration/soft-event-length-lost"],
  ])("on %s with %s: %s", { timeout: 30_000 }, (column, schedule, verdict, quirk) => {
    const valuesOf = (options: { schedule?: string; quirks?: readonly string[] }) => {
      const session = new Session(guestImage({ scenario: "waiting-times" }), options);
      return session.run(session.column(column)).values;
    };
    const stays = valuesOf({});
    const goes = valuesOf({ schedule });
    expect([...stays.keys()].filter((id) => goes.get(id) !== stays.get(id))).toEqual(verdict === null ? [] : [verdict]);
    if (quirk !== null) expect(valuesOf({ schedule, quirks: [`-${quirk}`] })).toEqual(stays);
  });
});

describe("where VMX operation is not moved", () => {
  test.each([
    ["kvm@4.18/nested=1+qemu@3.0/host", "kvm/migration/no-nested-state"],
    ["kvm@4.20/nested=1+qemu@3.0/host", "qemu/migration/nested-state-left-behind"],
  ])("L1 on %s notices, because of %s", { timeout: 60_000 }, (column, quirk) => {
    const options = { schedule: "migrate@4500", maxInstructions: 1_000_000 };
    const serialOf = (quirks: readonly string[]) =>
      lab.diff({ scenario: "cr4-loop" }, [column], { ...options, quirks }).columns[0]!.serial;
    const stays = ended("cr4-loop", column, "skylake-client", "default").seen.serial;
    expect(serialOf([])).not.toBe(stays);
    expect(serialOf([`-${quirk}`])).toBe(stays);
  });

  test.each([
    ["kvm@5.7+qemu@5.1/host", "kvm/migration/no-nested-svm-state"],
    ["kvm@5.8+qemu@5.0/host", "qemu/migration/nested-svm-state-left-behind"],
  ])("an L1 with SVM on %s notices, because of %s", { timeout: 60_000 }, (column, quirk) => {
    const { seen, firstRun } = ended("svm-instructions", column, "zen2", "default");
    // Before the first instruction of L2.
    const options = { cpu: "zen2", schedule: `migrate@${firstRun + 1}`, maxInstructions: 1_000_000 };
    const serialOf = (quirks: readonly string[]) =>
      lab.diff({ scenario: "svm-instructions" }, [column], { ...options, quirks }).columns[0]!.serial;
    expect(serialOf([])).not.toBe(seen.serial);
    expect(serialOf([`-${quirk}`])).toBe(seen.serial);
  });

  test.each(["kvm@4.18/nested=1+qemu@4.1/host", "kvm@5.0/nested=1+qemu@4.0/host"])(
    "QEMU does not move L1 on %s at all",
    (column) => {
      const { seen, counters } = ended("cr4-loop", column, "skylake-client", "migrate@2000,migrate@4000");
      expect(counters["moves.refused"]).toBe(2);
      expect(seen).toEqual(ended("cr4-loop", column, "skylake-client", "default").seen);
    },
  );
});

test.each(["metal", "ideal", "kvm@6.6+virtualbox-kvm@20240502"])("nothing moves on %s", (column) => {
  const { seen } = ended("cr4-loop", column, "skylake-client", "migrate@2000");
  expect(seen.outcome).toContain("migrate by schedule");
});
