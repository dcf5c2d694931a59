import { describe, expect, test } from "vitest";
import { createLab } from "../src/index.ts";

/*
 * Races that KVM lost, or loses still: each is found on the release before its correction by trying all moments at which the host's scheduler could give
 * another processor the turn, or at which an interrupt could come.
 */

const lab = createLab();
const APICV = "icelake-server";

interface Race {
  readonly scenario: string;
  readonly column: string;
  readonly cpu?: string;
  /** What comes from outside; `turn` if nothing is said. */
  readonly event?: string;
  readonly quirk: string;
  /** Another quirk without which the race is not there. */
  readonly with?: string;
  /** The release with the correction, if there is one. */
  readonly after?: string;
  readonly differences: Readonly<Record<string, string>>;
}

const RACES: readonly Race[] = [
  {
    scenario: "lost-ipi",
    column: "kvm@4.16/nested=1",
    quirk: "kvm/events/reinjection-hides-interrupt",
    after: "kvm@4.17/nested=1",
    differences: { ipi: "lost" },
  },
  {
    scenario: "stray-exception",
    column: "kvm@4.14/nested=1",
    quirk: "kvm/events/l2-exception-into-l1",
    after: "kvm@4.15/nested=1",
    differences: { l1: "#GP behind the exit", l2: "0 exceptions", "(outcome)": "exit 1" },
  },
  {
    scenario: "late-interrupt",
    column: "kvm@4.15/nested=1",
    cpu: APICV,
    quirk: "kvm/events/posted-interrupt-before-entry",
    after: "kvm@4.16/nested=1",
    differences: { interrupt: "not before L2 ends" },
  },
  {
    scenario: "repeated-interrupt",
    column: "kvm@4.15/nested=1",
    cpu: APICV,
    quirk: "kvm/events/direct-interrupt-not-acknowledged",
    after: "kvm@4.16/nested=1",
    differences: { interrupts: "8" },
  },
  {
    scenario: "late-posted-interrupt",
    column: "kvm@4.15/nested=1",
    cpu: APICV,
    quirk: "kvm/events/nested-notification-after-kick",
    after: "kvm@4.16/nested=1",
    differences: { interrupt: "not before L2 ends" },
  },
  {
    scenario: "sleeping-l2",
    column: "kvm@4.18/nested=1",
    cpu: APICV,
    quirk: "kvm/events/virtual-interrupt-wakes-nobody",
    after: "kvm@4.19/nested=1",
    differences: { l2: "asleep", interrupts: "0" },
  },
  {
    scenario: "steered-interrupt",
    column: "kvm@4.16/nested=1",
    cpu: APICV,
    quirk: "kvm/events/eoi-exits-of-vmcs02",
    after: "kvm@4.17/nested=1",
    differences: { interrupts: "1" },
  },
  {
    scenario: "forgotten-notification",
    column: "kvm@6.11",
    cpu: APICV,
    quirk: "kvm/events/notification-forgotten",
    differences: { posted: "never" },
  },
  {
    scenario: "stepped-output",
    column: "kvm@5.7",
    event: "irq",
    quirk: "kvm/events/trap-dropped",
    with: "kvm/vmx/emulated-step-alone",
    after: "kvm@5.8",
    differences: { traps: "60" },
  },
];

describe.each(RACES)(
  "$scenario on $column",
  ({ scenario, column, cpu, event = "turn", quirk, after, differences, ...race }) => {
    const silicon = cpu === undefined ? {} : { cpu };

    test("one event at the wrong moment does it", { timeout: 300_000 }, () => {
      const { finding } = lab.explore({ scenario }, column, { ...silicon, events: [event] });
      expect(finding?.causes.map(({ id }) => id)).toEqual(race.with === undefined ? [quirk] : [race.with, quirk]);
      expect(finding?.deviations).toBe(1);
      const seen = finding!.differences.map(({ verdict, here }) => [verdict, here]);
      expect(Object.fromEntries(seen)).toEqual(differences);

      const options = { ...silicon, schedule: finding!.schedule };
      const replayed = lab.diff({ scenario }, [column], options).columns[0]!;
      expect([replayed.runId, replayed.serial]).toEqual([finding!.runId, finding!.serial]);
      const metal = lab.diff({ scenario }, ["metal"], silicon).columns[0]!.serial;
      const serialOn = (other: string) => lab.diff({ scenario }, [other], options).columns[0]!.serial;
      if (quirk === "kvm/events/eoi-exits-of-vmcs02") expect(serialOn(`${column}/enable_apicv=0`)).toBe(metal);
      const without = lab.diff({ scenario }, [column], { ...options, quirks: [`-${quirk}`] }).columns[0]!;
      expect(without.serial).toBe(metal);
      if (after !== undefined) expect(serialOn(after)).toBe(metal);
    });
  },
);
