import type { VmxVcpu } from "./vmx-vcpu.ts";

/** What an L0 copies VMCS fields between. `shadow-vmcs01` is the shadow VMCS that vmcs01 is linked to. */
export type VmcsPlace = "vmcs01" | "shadow-vmcs01" | "vmcs12" | "vmcs12-memory" | "vmcs02" | "enlightened";

/** One way of copying, with the names of its counters. Made once: copies are frequent. */
export interface CopyKind {
  readonly from: VmcsPlace;
  readonly to: VmcsPlace;
  readonly copies: string;
  readonly fields: string;
}

export function copyKind(from: VmcsPlace, to: VmcsPlace): CopyKind {
  return { from, to, copies: `copies.${from}-to-${to}`, fields: `fields.${from}-to-${to}` };
}

/** A copy of VMCS fields has been made: counts it, and tells it where somebody asks what L0 does. */
export function noteCopy(vcpu: VmxVcpu, { from, to, copies, fields }: CopyKind, count: number, why: string): void {
  vcpu.l0.count(copies);
  vcpu.l0.count(fields, count);
  vcpu.ownSink?.event("l0-copy", { from, to, fields: count, why });
}
