import type { TraceSink } from "@hvdiff/cpu";
import { VMCB_FIELDS } from "@hvdiff/spec";
import type { Vmcb } from "@hvdiff/svm";
import type { SvmVcpu } from "../svm/vcpu.ts";
import { StructureHistory, type StructureName, type StructureView } from "./structure-history.ts";

/** A part of a VMCB that is one value. */
export interface VmcbPart {
  readonly name: string;
  readonly offset: number;
  readonly bytes: 1 | 2 | 4 | 8;
}

const SEGMENT_PARTS = [
  ["Selector", 0, 2],
  ["Attributes", 2, 2],
  ["Limit", 4, 4],
  ["Base", 8, 8],
] as const;

/** The fields of a VMCB, segments by their parts; without the bytes of an instruction. */
export const VMCB_PARTS: readonly VmcbPart[] = Object.entries(VMCB_FIELDS).flatMap(([name, { offset, bytes }]) => {
  if (bytes === 16)
    return SEGMENT_PARTS.map(([part, at, width]) => ({ name: name + part, offset: offset + at, bytes: width }));
  return bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8 ? [{ name, offset, bytes }] : [];
});

const NAMES = VMCB_PARTS.map(({ name }) => name);
const MASKS: Readonly<Record<number, number>> = { 1: 0xff, 2: 0xffff };

function low(vmcb: Vmcb, { offset, bytes }: VmcbPart): number {
  const word = vmcb.lo(offset & ~3);
  return bytes < 4 ? (word >>> ((offset & 3) * 8)) & MASKS[bytes]! : word;
}

function viewOf(name: StructureName, vmcb: Vmcb, address = vmcb.address): StructureView {
  return {
    name,
    address,
    home: vmcb.address,
    host: vmcb.address,
    fields: NAMES,
    lo: (at) => low(vmcb, VMCB_PARTS[at]!),
    hi: (at) => (VMCB_PARTS[at]!.bytes === 8 ? vmcb.hi(VMCB_PARTS[at]!.offset) : 0),
  };
}

function structuresOf(vcpu: SvmVcpu): StructureView[] {
  const { state } = vcpu;
  if (state.vmcb01 === 0) return [];
  const hasRun = state.vmcb12 !== 0;
  return [
    viewOf("vmcb01", vcpu.v01),
    viewOf("vmcb02", vcpu.v02),
    ...(hasRun ? [viewOf("vmcb12", vcpu.v12, state.vmcb12)] : []),
  ];
}

/** The history of a virtual processor's VMCBs. */
export function createSvmHistory(vcpu: SvmVcpu, sink: TraceSink): StructureHistory {
  return new StructureHistory(sink, () => structuresOf(vcpu));
}
