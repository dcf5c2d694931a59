import type { EventResult } from "@hvdiff/lab";
import { expect, test } from "vitest";
import { chromeTrace } from "./chrome-trace.ts";

test("each level is a thread with a name, and every event is in it", () => {
  const event = (index: number, level: number): EventResult => ({
    index,
    vcpu: 0,
    level,
    time: index * 37,
    kind: "vmexit",
    data: { reason: "CPUID" },
    text: "exit CPUID",
  });
  const { traceEvents } = JSON.parse(chromeTrace([event(0, 1), event(1, 2)]));
  expect(traceEvents).toHaveLength(6);
  expect(traceEvents[1]).toMatchObject({ ph: "M", name: "thread_name", args: { name: "L1" } });
  expect(traceEvents[5]).toMatchObject({
    ph: "X",
    ts: 37,
    tid: 2,
    name: "exit CPUID",
    args: { reason: "CPUID", index: 1 },
  });
});
