import type { TraceSink } from "@hvdiff/cpu";
import { EVMCS_FIELDS, fieldIndex, VMCS_FIELD_NAMES } from "@hvdiff/spec";
import type { MemoryVmcs } from "@hvdiff/vmx";
import * as C from "../controls.ts";
import { EvmcsPage } from "../enlightened/evmcs-page.ts";
import { F } from "../fields.ts";
import { hostAddress } from "../host-layout.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";
import { StructureHistory, type StructureName, type StructureView } from "./structure-history.ts";

const EVMCS_NAMES = EVMCS_FIELDS.map(({ field }) => field);
const EVMCS_INDICES = EVMCS_NAMES.map((name) => fieldIndex(name));

/** One of L0's own; with an address of L1's, one of L1's. */
function viewOf(name: StructureName, vmcs: MemoryVmcs, ofL1?: { address: number; home: number }): StructureView {
  return {
    name,
    address: vmcs.address,
    home: vmcs.address,
    ...ofL1,
    host: vmcs.address,
    fields: VMCS_FIELD_NAMES,
    lo: (at) => vmcs.lo(at),
    hi: (at) => vmcs.hi(at),
  };
}

function placeOf({ l0 }: VmxVcpu, address: number): { address: number; home: number } {
  return { address, home: hostAddress(address, l0.options.ram) };
}

/** The VMCS that L1 lets L2 access (SDM 3C "VMCS Shadowing"). */
function shadowOf(vcpu: VmxVcpu, v12: MemoryVmcs): StructureView[] {
  const active = (v12.lo(F.primaryProcessorBasedControls) & C.PROC_SECONDARY) !== 0;
  if (!active || (v12.lo(F.secondaryProcessorBasedControls) & C.PROC2_VMCS_SHADOWING) === 0) return [];
  const address = Number(v12.read("vmcsLinkPointer"));
  const shadow = Number.isSafeInteger(address) ? vcpu.environment.shadowAt(address) : null;
  return shadow === null ? [] : [viewOf("shadow", shadow, placeOf(vcpu, address))];
}

function enlightenedOf({ state, l0 }: VmxVcpu): StructureView[] {
  const { active } = state.enlightened;
  if (active === -1) return [];
  const host = hostAddress(active, l0.options.ram);
  const page = new EvmcsPage(l0.machine.memory, host);
  return [
    {
      name: "evmcs",
      address: active,
      home: host,
      host,
      fields: EVMCS_NAMES,
      lo: (at) => page.read(EVMCS_INDICES[at]!)!.lo,
      hi: (at) => page.read(EVMCS_INDICES[at]!)!.hi,
    },
  ];
}

function structuresOf(vcpu: VmxVcpu): StructureView[] {
  const { state, environment } = vcpu;
  if (state.vmcs02 === 0) return [];
  const v12 = environment.currentVmcs();
  return [
    viewOf("vmcs01", vcpu.v01),
    viewOf("vmcs02", vcpu.v02),
    ...(v12 === null ? [] : [viewOf("vmcs12", v12, placeOf(vcpu, state.currentPointer)), ...shadowOf(vcpu, v12)]),
    ...enlightenedOf(vcpu),
  ];
}

/** The history of a virtual processor's VMCSs. */
export function createVmxHistory(vcpu: VmxVcpu, sink: TraceSink): StructureHistory {
  return new StructureHistory(sink, () => structuresOf(vcpu));
}
