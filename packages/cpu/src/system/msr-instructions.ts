import { INTERCEPT } from "../intercepts.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import type { Processor } from "../processor.ts";
import { GPR } from "../state-layout.ts";
import { GP, intercepted, notPrivileged, raise } from "./exceptions.ts";
import { readMsr, writeMsr } from "./msrs.ts";

const RAX = GPR;
const RCX = GPR + 2;
const RDX = GPR + 4;

function trace(c: Processor, kind: string, address: number, value: bigint | undefined): void {
  if (c.trace === null) return;
  const msr = `0x${address.toString(16)}`;
  c.trace.event(kind, value === undefined ? { msr, fault: "#GP" } : { msr, value: `0x${value.toString(16)}` });
}

/** Retired instructions before this one. */
export function timeOf(c: Processor, i: Op): number {
  return c.blockBase + i.position;
}

const rdmsr: Executor = (c, i) => {
  if (notPrivileged(c)) return STATUS_ABORTED;
  const address = c.s[RCX]! >>> 0;
  const status = intercepted(c, i, INTERCEPT.rdmsr, address);
  if (status !== STATUS_NEXT) return status;
  c.outsideAccesses++;
  const value = readMsr(c, address, timeOf(c, i));
  trace(c, "rdmsr", address, value);
  if (value === undefined) return raise(c, GP, 0);
  c.setGpr(0, value & 0xffff_ffffn);
  c.setGpr(2, value >> 32n);
  return STATUS_NEXT;
};

const wrmsr: Executor = (c, i) => {
  if (notPrivileged(c)) return STATUS_ABORTED;
  const address = c.s[RCX]! >>> 0;
  const status = intercepted(c, i, INTERCEPT.wrmsr, address);
  if (status !== STATUS_NEXT) return status;
  const value = (BigInt(c.s[RDX]! >>> 0) << 32n) | BigInt(c.s[RAX]! >>> 0);
  const accepted = writeMsr(c, address, c.s[RAX]!, c.s[RDX]!, timeOf(c, i));
  if (c.trace !== null) {
    if (accepted) trace(c, "wrmsr", address, value);
    else c.trace.event("wrmsr", { msr: `0x${address.toString(16)}`, value: `0x${value.toString(16)}`, fault: "#GP" });
  }
  return accepted ? STATUS_NEXT : raise(c, GP, 0);
};

/** RDMSR and WRMSR. SDM 2 "Instruction Set Reference". */
export const MSR_INSTRUCTIONS: Readonly<Record<string, Executor>> = { rdmsr, wrmsr };
