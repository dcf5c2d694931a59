import type { EventResult } from "@hvdiff/lab";

/** An entry of the format that chrome://tracing and Perfetto open. (Trace Event Format) */
interface ChromeEvent {
  readonly name: string;
  readonly ph: "X" | "M";
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A trace for Perfetto: a process for each virtual processor, a thread for each level, a tick of guest time as a microsecond. */
export function chromeTrace(events: readonly EventResult[]): string {
  const lanes = new Map(events.map(({ vcpu, level }) => [`${vcpu}.${level}`, { vcpu, level }]));
  const names = [...lanes.values()].flatMap(({ vcpu, level }): ChromeEvent[] => [
    { name: "process_name", ph: "M", ts: 0, pid: vcpu, tid: level, args: { name: `vCPU ${vcpu}` } },
    { name: "thread_name", ph: "M", ts: 0, pid: vcpu, tid: level, args: { name: `L${level}` } },
  ]);
  const ticks = events.map(
    ({ text, kind, data, time, vcpu, level, index }): ChromeEvent => ({
      name: text.slice(0, 120),
      ph: "X",
      ts: time,
      dur: 1,
      pid: vcpu,
      tid: level,
      args: { ...data, kind, index },
    }),
  );
  return JSON.stringify({ displayTimeUnit: "ns", traceEvents: [...names, ...ticks] });
}
