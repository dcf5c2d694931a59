import { exitReasonName } from "@hvdiff/spec";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/*
 * What an L0's work consists of, counted where it is done. Names are made beforehand: all of it happens at every nested exit.
 * `docs/reference/cost-model.md` says what each counter means.
 */

/**
 * What an L0 copies VMCS fields between. `shadow-vmcs01` is the shadow VMCS that vmcs01 is linked to; vmcs12 and L1's own shadow VMCS are
 * what L0 works on, `…-memory` the page in L1's memory.
 */
export type VmcsPlace =
  | "shadow-vmcs01"
  | "vmcs12"
  | "vmcs12-memory"
  | "vmcs02"
  | "enlightened"
  | "shadow-vmcs12"
  | "shadow-vmcs02"
  | "shadow-vmcs12-memory";

/** One way of copying, with the names of its counters. */
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
export function noteCopy(vcpu: VmxVcpu, kind: CopyKind, count: number, why: string): void {
  const { from, to, copies, fields } = kind;
  vcpu.l0.count(copies);
  vcpu.l0.count(fields, count);
  vcpu.ownSink?.event("l0-copy", { from, to, fields: count, why, deckCounts: isCounted(vcpu, kind, count) });
}

/** Forms of one and the same VMCS of L1's, or of the shadow VMCS that L1 has linked to it. */
const FORMS: readonly VmcsPlace[] = [
  "shadow-vmcs01",
  "vmcs12",
  "vmcs12-memory",
  "enlightened",
  "shadow-vmcs12",
  "shadow-vmcs12-memory",
];

/**
 * Whether the talk that counts copies of triple virtualization counts such a one (KVM Forum 2018, Improving KVM x86 nested virtualization,
 * appendix). The rule: a VMCS of L1's goes as a whole from one of its forms into another - page, cache, shadow VMCS - in one piece. It leaves
 * out what makes vmcs02 or comes out of it, single fields that are written through, the write-back of a cached vmcs12, and what takes an
 * instruction for each field.
 */
function isCounted(vcpu: VmxVcpu, { from, to }: CopyKind, count: number): boolean {
  if (!FORMS.includes(from) || !FORMS.includes(to) || count === 1) return false;
  const writesBack = from === "vmcs12" && to === "vmcs12-memory";
  const byInstructions = vcpu.l0.machine.depth > 0 && (from === "shadow-vmcs01" || to === "shadow-vmcs01");
  return !writesBack && !byInstructions;
}

/** A page of L1's memory has been copied as it is: all fields that there are. */
export function countPage(vcpu: VmxVcpu, kind: CopyKind, why: string): void {
  noteCopy(vcpu, kind, vcpu.environment.fieldCount, why);
}

const REASONS = 128;

function namesOf(prefix: string): readonly string[] {
  return Array.from({ length: REASONS }, (_, basic) => `${prefix}.${exitReasonName(basic) ?? basic}`);
}

const EXITS = [namesOf("exits.l1"), namesOf("exits.l2")] as const;
const REFLECTIONS = namesOf("reflected");
const ENTERED = ["entered.l1", "entered.l2"] as const;

/** Name of the counter of exits from a level (1 or 2) with a basic reason. */
export function exitCounter(level: number, basic: number): string {
  return EXITS[level - 1]?.[basic] ?? `exits.l${level}.${basic}`;
}

/** L1 is told of an exit of L2. */
export function countReflection(vcpu: VmxVcpu, basic: number): void {
  vcpu.l0.count("reflected");
  vcpu.l0.count(REFLECTIONS[basic] ?? `reflected.${basic}`);
}

/** Silicon is about to enter a level. */
export function countEntered(vcpu: VmxVcpu): void {
  vcpu.l0.count(ENTERED[vcpu.level - 1]!);
}

/** VMPTRLD of L0's own, on silicon. */
export function switchVmcs(vcpu: VmxVcpu, address: number): void {
  vcpu.l0.count("vmptrld.l0");
  vcpu.vmx.vmptrld(address);
}
