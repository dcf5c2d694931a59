import type { TraceEvent } from "@hvdiff/machine";
import type { EventResult } from "./results.ts";

/** What two events must share to be the same: level, kind and payload; never time. */
export function eventKey(event: TraceEvent): string {
  return `${event.vcpu}|${event.level}|${event.kind}|${JSON.stringify(event.data)}`;
}

type Data = Readonly<Record<string, string | number | boolean>>;

function describe(data: Data, ...names: string[]): string {
  return names
    .filter((name) => data[name] !== undefined)
    .map((name) => `${name} ${data[name]}`)
    .join(" ");
}

/** How each kind of event reads in one line. Kinds without an entry print their payload. */
const TEXTS: Readonly<Record<string, (data: Data) => string>> = {
  serial: (data) => `prints ${JSON.stringify(data["line"])}`,
  cpuid: (data) =>
    `CPUID ${data["leaf"]}${data["subleaf"] === undefined ? "" : `.${data["subleaf"]}`} → eax ${data["eax"]} ebx ${data["ebx"]} ecx ${data["ecx"]} edx ${data["edx"]}`,
  exception: (data) => `exception ${describe(data, "vector", "errorCode", "cr2")} at ${data["rip"]}`,
  interrupt: (data) => `interrupt ${data["vector"]}`,
  vmx: (data) =>
    `${data["instruction"]}${data["operand"] === undefined ? "" : ` ${data["operand"]}`} → ${data["result"]}`,
  vmread: (data) => `vmread ${data["field"]} → ${data["value"] ?? data["result"]}`,
  vmwrite: (data) => `vmwrite ${data["field"]} ${data["value"]} → ${data["result"]}`,
  vmentry: (data) => `${data["instruction"]} → ${data["result"]}`,
  "l0-exit": (data) => `exit from L${data["from"]}: ${data["reason"]} at ${data["rip"]}`,
  "l0-entry": (data) => `enters L${data["into"]} at ${data["rip"]}`,
  "l0-reflect": (data) => `tells L1 of the exit ${data["reason"]}`,
  "l0-inject": (data) => `injects vector ${data["vector"]} into L${data["into"]}`,
  "l0-move": (data) => (data["refused"] === undefined ? "moves to another host" : `does not move: ${data["refused"]}`),
  "l0-return": (data) => `returns to userspace: ${data["why"]}`,
  vmexit: (data) => `exit ${data["reason"]} ${describe(data, "qualification", "guestPhysicalAddress", "interruption")}`,
};

/** One line for people. */
export function eventText(event: TraceEvent): string {
  const text = TEXTS[event.kind];
  return text === undefined ? `${event.kind} ${describe(event.data, ...Object.keys(event.data))}` : text(event.data);
}

export function toEventResult(event: TraceEvent, index: number): EventResult {
  return {
    index,
    vcpu: event.vcpu,
    level: event.level,
    time: event.time,
    kind: event.kind,
    data: event.data,
    text: eventText(event),
  };
}

/** Whether two different events are versions of the same thing. */
export function sameSort(left: TraceEvent, right: TraceEvent): boolean {
  if (left.kind !== right.kind || left.level !== right.level) return false;
  return ["msr", "leaf", "subleaf", "field", "instruction"].every((name) => left.data[name] === right.data[name]);
}
