import { describe, expect, test } from "vitest";
import { createLab, UsageError } from "../src/index.ts";
import { guestImage, Session } from "../src/session.ts";

const lab = createLab();
const GUEST = { scenario: "xsaves-control" };

function machineOf(column: string, schedule: string) {
  const session = new Session(guestImage(GUEST), { schedule });
  const resolved = session.column(column);
  const machine = session.machine(resolved);
  machine.run();
  return machine;
}

const eventsOf = (column: string, schedule: string) => machineOf(column, schedule).trace.events;
const undisturbed = eventsOf("ideal", "default");
const end = undisturbed.at(-1)!.time;
const TICKS = Array.from({ length: 6 }, (_, at) => Math.floor(((at + 0.5) * end) / 6));

describe("a schedule", () => {
  test.each(TICKS)("the host's interrupts at tick %d leave no mark on the guest", (tick) => {
    const seen = eventsOf("ideal", `host-irq@${tick},host-irq@${tick + 1},host-irq@${tick + 5}.1`);
    expect(seen.filter(({ level }) => level > 0)).toEqual(
      eventsOf("ideal", "default").filter(({ level }) => level > 0),
    );
    const performed = seen.filter(({ kind }) => kind === "schedule");
    expect(performed).toHaveLength(3);
    expect(performed[0]).toMatchObject({ level: 0, time: tick });
  });

  test.each(["metal", "ideal"])("an NMI comes exactly at its tick on %s", (column) => {
    const nmi = eventsOf(column, `nmi@${TICKS[3]}`).find(({ kind }) => kind === "exception" || kind === "interrupt");
    expect(nmi?.time).toBe(TICKS[3]);
  });

  test("is part of a run's identity", () => {
    const idOf = (schedule?: string) =>
      lab.diff(GUEST, ["metal"], schedule === undefined ? {} : { schedule }).columns[0]!.runId;
    expect(idOf("default")).toBe(idOf());
    expect(idOf("nmi@9")).toBe(idOf(" nmi@0/9.0 "));
    expect(idOf("nmi@9")).not.toBe(idOf());
  });

  test.each([
    ["signal@", /schedule: "signal@" is not of the form/],
    ["nmi@1/5", /there is no processor 1/],
  ])("%j is refused", (schedule, message) => {
    expect(() => lab.diff(GUEST, ["metal"], { schedule })).toThrow(UsageError);
    expect(() => lab.diff(GUEST, ["metal"], { schedule })).toThrow(message);
  });

  test("a signal where nothing takes it ends the run by name", () => {
    expect(machineOf("metal", "signal@9").outcome).toMatchObject({
      kind: "unimplemented",
      what: "signal by schedule on metal",
    });
  });
});

describe("signals for a VMM half on SVM, which puts all registers back", () => {
  const QUIRK = "+qemu/registers/runtime-put-after-signal";
  const GUEST_ON_SVM = { scenario: "npt-2m" };
  const resultOf = (schedule: string) => {
    const options = { cpu: "zen2", schedule, quirks: [QUIRK] };
    const { serial, outcome } = lab.diff(GUEST_ON_SVM, ["kvm@6.6+qemu@8.2/host"], options).columns[0]!;
    return { serial, outcome: outcome.text };
  };

  test("leave the guest as it was", { timeout: 60_000 }, () => {
    const undisturbedOnSvm = resultOf("default");
    const signals = Array.from({ length: 40 }, (_, at) => `signal@${at * 97 + 11}`);
    expect(undisturbedOnSvm.outcome).toBe("exit 0");
    expect(resultOf(signals.join(","))).toEqual(undisturbedOnSvm);
  });
});
