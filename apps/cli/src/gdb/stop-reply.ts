import type { DebugStop, DebugTarget } from "@hvdiff/lab";
import { hexOfText } from "./hex.ts";
import { registerHex } from "./register-packets.ts";
import { threadOf } from "./threads.ts";

const WATCH = { write: "watch", read: "rwatch", any: "awatch" } as const;
/** Registers that GDB asks for at every stop. */
const EXPEDITED = ["rip", "rsp", "rbp"];

function expedited(target: DebugTarget, vcpu: number): string {
  return target.registers
    .map((register, number) => ({ register, number }))
    .filter(({ register }) => EXPEDITED.includes(register.name))
    .map(({ register, number }) => `${number.toString(16).padStart(2, "0")}:${registerHex(target, vcpu, register)};`)
    .join("");
}

function reason(stop: DebugStop, swbreak: boolean): string {
  if (stop.kind === "breakpoint") return swbreak ? "swbreak:;" : "";
  if (stop.kind !== "watchpoint") return "";
  return `${WATCH[stop.watchpoint.access]}:${stop.watchpoint.address.toString(16)};`;
}

/** SIGTRAP, SIGINT for what the user stopped, SIGABRT for a run that ended badly. */
function signal(stop: DebugStop): string {
  return stop.kind === "interrupt" ? "02" : stop.kind === "ended" ? "06" : "05";
}

/** Whether nothing is left of the guest that GDB could look at. */
export function isGone(target: DebugTarget, stop: DebugStop): boolean {
  return stop.kind === "ended" && (stop.outcome.kind === "exit" || !target.isVisible);
}

/** What GDB is told of a stop. @param swbreak GDB wants to know a breakpoint as such */
export function stopReply(target: DebugTarget, stop: DebugStop, swbreak: boolean): string {
  if (isGone(target, stop)) return goneReply(stop);
  const thread = `thread:${threadOf(stop.vcpu)};`;
  return `T${signal(stop)}${reason(stop, swbreak)}${expedited(target, stop.vcpu)}${thread}`;
}

/** The process is no more: with its code, or aborted. */
export function goneReply(stop: DebugStop): string {
  if (stop.kind !== "ended" || stop.outcome.kind !== "exit") return "X06";
  return `W${(stop.outcome.code & 0xff).toString(16).padStart(2, "0")}`;
}

/** A line on GDB's console about how the run ended; null where it goes on. */
export function endMessage(target: DebugTarget, stop: DebugStop): string | null {
  if (stop.kind !== "ended") return null;
  const text = stop.outcome.kind === "exit" ? `exit ${stop.outcome.code}` : stop.outcome.kind;
  const rest = isGone(target, stop) ? "" : "; registers and memory can still be looked at";
  return `O${hexOfText(`hvdiff: the run has ended: ${text}${rest}\n`)}`;
}
