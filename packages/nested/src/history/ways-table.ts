import { VMCS_FIELDS } from "@hvdiff/spec";
import { MERGE_RULES, type MergeSource } from "../merge.ts";
import { VMCB_MERGE_RULES } from "../svm/merge.ts";
import type { StructureName } from "./structure-history.ts";

/** A way in which fields of a control structure are written. */
export interface StructureWay {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** Structures that the value is made of, each by the same field where nothing else is said. Empty: the chain ends here. */
  readonly from: readonly StructureName[];
}

const FROM_VMCS: Readonly<Record<MergeSource, readonly StructureName[]>> = {
  vmcs12: ["vmcs12"],
  vmcs01: ["vmcs01"],
  merged: ["vmcs12", "vmcs01"],
  l0: [],
};
const FROM_VMCB: Readonly<Record<(typeof VMCB_MERGE_RULES)[number]["source"], readonly StructureName[]>> = {
  vmcb12: ["vmcb12"],
  vmcb01: ["vmcb01"],
  merged: ["vmcb12", "vmcb01"],
  l0: [],
};

/** Ways that are no rules of the merge. Those of an exit lead from one extension's structures only, so names do not collide. */
const OWN_WAYS: readonly StructureWay[] = [
  { id: "l0.start", title: "L0 set it up", why: "L0 prepares a virtual processor before its first entry", from: [] },
  {
    id: "processor.exit",
    title: "the processor saved it",
    why: "a VM exit saves the state of the guest that ran, and says why it happened",
    from: [],
  },
  {
    id: "guest.stores",
    title: "the guest stored it in memory",
    why: "the structure lies in the guest's own memory, and ordinary stores reach it",
    from: [],
  },
  { id: "l0.instruction", title: "L0 did an instruction for its guest", why: "the instruction exits to L0", from: [] },
  {
    id: "l0.events",
    title: "L0 prepared the entry",
    why: "events that wait, windows for events, and flushes",
    from: [],
  },
  {
    id: "userspace.registers",
    title: "userspace wrote registers back",
    why: "a signal ended the run, and the half of the L0 that is a process set registers before the next one",
    from: [],
  },
  {
    id: "enlightened.load",
    title: "copied from the enlightened VMCS",
    why: "an entry reads the groups that L1 has not marked clean",
    from: ["evmcs"],
  },
  {
    id: "enlightened.store",
    title: "written back to the enlightened VMCS",
    why: "an exit to L1 tells what has become of its guest",
    from: ["vmcs12"],
  },
  {
    id: "shadow.collect",
    title: "L1 wrote it without an exit",
    why: "the processor did L1's VMWRITE on the shadow VMCS that vmcs01 is linked to, and L0 has copied it",
    from: [],
  },
  { id: "entry.msrList", title: "L1's VM-entry MSR-load list", why: "L0 walks L1's list itself", from: [] },
  { id: "exit.msrList", title: "L1's VM-exit MSR-load list", why: "L0 walks L1's list itself", from: [] },
  {
    id: "exit.information",
    title: "told L1 why its guest exited",
    why: "L0 passes an exit on, or makes one up for an event of L1's",
    from: ["vmcs02", "vmcb02"],
  },
  {
    id: "exit.guestState",
    title: "saved for L1",
    why: "on an exit to L1 the state of its guest goes where L1 looks for it",
    from: ["vmcs02", "vmcb02"],
  },
  {
    id: "exit.entryInformation",
    title: "made invalid",
    why: "every VM exit clears the valid bit of the event to inject",
    from: [],
  },
  {
    id: "exit.hostState",
    title: "L1's host state became what runs",
    why: "an exit to L1 loads L1 from the host state that L1 gave",
    from: ["vmcs12"],
  },
];

/** Every way that a history names. */
export const STRUCTURE_WAYS: readonly StructureWay[] = [
  ...MERGE_RULES.map(({ id, why, source }) => ({ id: `vmcs02 ${id}`, title: id, why, from: FROM_VMCS[source] })),
  ...VMCB_MERGE_RULES.map(({ id, why, source }) => ({ id: `vmcb02 ${id}`, title: id, why, from: FROM_VMCB[source] })),
  ...OWN_WAYS,
];

const READ_SHADOW = /^cr([04])ReadShadow$/;

/** The field of the host area that a field of L1's guest area is loaded from; null where there is none. */
function hostFieldOf(field: string): string | null {
  const name = field.replace(READ_SHADOW, "hostCr$1").replace(/^guest/, "host");
  return name !== field && name in VMCS_FIELDS ? name : null;
}

/** The way of a change. Merge rules of both extensions have the same names. */
export function wayOf(id: string, structure: string): StructureWay | undefined {
  return STRUCTURE_WAYS.find((way) => way.id === id || way.id === `${structure} ${id}`);
}

/** The fields, `structure.field`, that a way made a field's value of. Empty where it comes from no control structure. */
export function originsOf(way: StructureWay, structure: string, field: string): readonly string[] {
  const sources = way.from.filter(
    (name) => name.slice(0, 4) === structure.slice(0, 4) || name === "evmcs" || structure === "evmcs",
  );
  const named = way.id === "exit.hostState" ? hostFieldOf(field) : field;
  return named === null ? [] : sources.filter((name) => name !== structure).map((name) => `${name}.${named}`);
}
