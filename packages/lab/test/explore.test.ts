import { describe, expect, test } from "vitest";
import { createLab, type ExploreOptions, UsageError } from "../src/index.ts";

const lab = createLab();
const VIRTUALBOX = "kvm@6.6+virtualbox-kvm@20240502";
const QEMU = "kvm@6.6+qemu@8.2/host";
const SHADOWS = "kvm/registers/sregs-set-read-shadows";
const WRITES_CR4 = "virtualbox-kvm/registers/writes-back-unmodified-cr4";
const PUTS_ALL = "qemu/registers/runtime-put-after-signal";
const VMXE = 0x2000;

function explore(scenario: string, column: string, options: ExploreOptions = {}) {
  return lab.explore({ scenario }, column, options);
}

describe("a VMM that writes back CR4 after a signal", () => {
  test.each([
    [VIRTUALBOX, WRITES_CR4],
    [QEMU, PUTS_ALL],
  ])("makes an L2 on %s read a bit that it has never written", { timeout: 120_000 }, (column, quirk) => {
    const { finding, tried } = explore("cr4-loop", column, { quirks: [`+${quirk}`] });
    expect(tried).toBeGreaterThan(0);
    expect(finding?.deviations).toBe(1);
    expect(finding?.causes.map(({ id }) => id).sort()).toEqual([SHADOWS, quirk].sort());
    const seen = finding?.differences.find(({ verdict }) => verdict === "cr4")?.here ?? "";
    const [, read = "", written = ""] = /^invalid: (0x[0-9a-f]+), written was (0x[0-9a-f]+)$/.exec(seen) ?? [];
    expect(Number(read) ^ Number(written)).toBe(VMXE);

    const options = { quirks: [`+${quirk}`], schedule: finding!.schedule };
    const replayed = lab.diff({ scenario: "cr4-loop" }, [column], options).columns[0]!;
    expect([replayed.runId, replayed.serial]).toEqual([finding!.runId, finding!.serial]);
  });

  test("crashes a system that reads CR4 before it writes it", { timeout: 120_000 }, () => {
    const { finding } = explore("cr4-crash", VIRTUALBOX, { quirks: [`+${WRITES_CR4}`] });
    const crash = finding?.differences.find(({ verdict }) => verdict === "l2");
    expect(crash?.metal).toBe("completed");
    expect(crash?.here).toMatch(/^crashed: #GP.* at mov cr4$/);
  });

  test("does nothing to one that keeps a copy", { timeout: 120_000 }, () => {
    const result = explore("cr4-cached", VIRTUALBOX, { quirks: [`+${WRITES_CR4}`] });
    expect(result).toMatchObject({ finding: null, exhaustive: true });
    expect(result.tried).toBeGreaterThan(1000);
  });

  test("is needed, and so is what the kernel makes of it", { timeout: 120_000 }, () => {
    for (const quirks of [[], [`+${WRITES_CR4}`, `-${SHADOWS}`]]) {
      const result = explore("cr4-loop", VIRTUALBOX, { quirks });
      expect(result).toMatchObject({ finding: null, exhaustive: true });
      expect(result.tried).toBeGreaterThan(1000);
    }
  });
});

test.each([
  ["kvm@4.17/nested=1", ["kvm/events/halts-before-injected-event"]],
  ["kvm@4.18/nested=1", null],
])("the event of an entry that halts on %s", { timeout: 60_000 }, (column, causes) => {
  const { finding, exhaustive } = explore("halted-entry", column, { bound: 0 });
  expect(finding?.causes.map(({ id }) => id) ?? null).toEqual(causes);
  expect(exhaustive).toBe(causes === null);
});

test("interrupts at any instruction leave the guest on metal alone", { timeout: 120_000 }, () => {
  const result = explore("cr4-loop", "metal", { events: ["irq"] });
  expect(result).toMatchObject({ finding: null, exhaustive: true, events: ["irq:0x31"] });
  expect(result.tried).toBeGreaterThan(1000);
});

test("by chance the same seed finds the same schedule", { timeout: 120_000 }, () => {
  const options = { quirks: [`+${WRITES_CR4}`], seed: 7, schedules: 60, bound: 4 };
  const result = explore("cr4-loop", VIRTUALBOX, options);
  expect(result.finding?.deviations).toBe(1);
  expect(explore("cr4-loop", VIRTUALBOX, options)).toEqual(result);
});

test.each<[ExploreOptions, string, RegExp]>([
  [{ events: ["sginal"] }, QEMU, /unknown event "sginal"/],
  [{ events: ["signal"] }, "metal", /no VMM half/],
  [{ events: ["host-irq"] }, "metal", /no host under the guest/],
  [{ property: "what?" }, QEMU, /property "what\?"/],
])("%j on %s is refused", (options, column, message) => {
  expect(() => explore("cr4-loop", column, options)).toThrow(UsageError);
  expect(() => explore("cr4-loop", column, options)).toThrow(message);
});
