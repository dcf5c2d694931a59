import { peekWord } from "@hvdiff/cpu";
import type { Machine } from "@hvdiff/machine";
import { u64 } from "@hvdiff/spec";
import { NestedWalk } from "@hvdiff/svm";
import { EptWalk, type VmxCapabilities, WALK_MAPPED } from "@hvdiff/vmx";
import { usesEpt } from "./ept-exits.ts";
import { hostAddress } from "./host-layout.ts";
import { L0 } from "./l0.ts";
import { tablesOfL1 } from "./svm/npt-exits.ts";
import { SvmL0 } from "./svm/svm-l0.ts";
import type { SvmVcpu } from "./svm/vcpu.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/** An entry of a paging structure that a walk has read, and where. */
export interface TableEntry {
  readonly address: number;
  readonly value: bigint;
}

/** How one second stage leads an address on. */
export interface SecondStageWalk {
  /** Whose tables: `EPT12`, `EPT01`, `NPT12` … */
  readonly name: string;
  readonly format: "ept" | "npt";
  readonly address: number;
  /** Highest first; as far as the walk came. */
  readonly entries: readonly TableEntry[];
  /** Levels of tables there are. */
  readonly levels: number;
  /** Where it leads; null where it leads nowhere. */
  readonly result: number | null;
}

const PAGE = 4096;
const FRAME = 0xf_ffff_ffff_f000n;
const EPT_LEVELS = 4;

/** Reads words without a trace, and keeps which: each entry is read low half first. */
class Reader {
  readonly entries: TableEntry[] = [];
  private readonly read: (address: number) => number;

  constructor(read: (address: number) => number) {
    this.read = read;
  }

  read32 = (address: number): number => {
    const word = this.read(address);
    const last = this.entries.at(-1);
    if (last !== undefined && last.address + 4 === address)
      this.entries[this.entries.length - 1] = { address: last.address, value: u64(Number(last.value) | 0, word) };
    else this.entries.push({ address, value: BigInt(word >>> 0) });
    return word;
  };

  write32(): void {
    // An onlooker sets no flag.
  }
}

interface Ept {
  readonly name: string;
  readonly root: number;
  readonly capabilities: VmxCapabilities;
  read(address: number): number;
}

function walkEpt({ name, root, capabilities, read }: Ept, address: number): SecondStageWalk {
  const reader = new Reader(read);
  const walk = new EptWalk(reader, capabilities);
  const isMapped = walk.walk(root, Math.floor(address / PAGE), 0, false) === WALK_MAPPED;
  const result = isMapped ? walk.hostPage * PAGE + (address % PAGE) : null;
  return { name, format: "ept", address, entries: reader.entries, levels: EPT_LEVELS, result };
}

function walkNpt(
  { name, root, walk, read }: { name: string; root: number; walk: NestedWalk; read(address: number): number },
  address: number,
): SecondStageWalk {
  const reader = new Reader(read);
  const found = walk.peek(root, address, reader.read32);
  const result = found < 0 ? null : found;
  return { name, format: "npt", address, entries: reader.entries, levels: walk.mode.levels, result };
}

/** The stages one after the other, until one leads nowhere. */
function chain(address: number, stages: readonly ((address: number) => SecondStageWalk)[]): SecondStageWalk[] {
  const walks: SecondStageWalk[] = [];
  let at: number | null = address;
  for (const stage of stages) {
    if (at === null) break;
    const walk = stage(at);
    walks.push(walk);
    at = walk.result;
  }
  return walks;
}

function vmxStages({ l0, vmx, state, environment }: VmxVcpu, address: number): SecondStageWalk[] {
  const { memory } = l0.machine;
  const { ram } = l0.options;
  const vmcs12 = state.guestMode ? environment.currentVmcs() : null;
  const ept01 = {
    name: "EPT01",
    root: l0.state.tables01,
    capabilities: vmx.capabilities,
    read: (at: number) => peekWord(memory, at),
  };
  const own = (at: number) => walkEpt(ept01, at);
  if (vmcs12 === null || !usesEpt(vmcs12)) return chain(address, [own]);
  const ept12 = {
    name: "EPT12",
    root: Number(vmcs12.read("eptPointer") & FRAME),
    capabilities: l0.capabilities,
    read: (at: number) => peekWord(memory, hostAddress(at, ram)),
  };
  return chain(address, [(at) => walkEpt(ept12, at), own]);
}

function svmStages(vcpu: SvmVcpu, address: number): SecondStageWalk[] {
  const { l0, npt12 } = vcpu;
  const { memory } = l0.machine;
  const root12 = tablesOfL1(vcpu);
  const walk01 = new NestedWalk({ read32: () => 0, write32: () => {} });
  const npt01 = { name: "NPT01", root: l0.state.tables01, walk: walk01, read: (at: number) => peekWord(memory, at) };
  const own = (at: number) => walkNpt(npt01, at);
  if (root12 === null) return chain(address, [own]);
  const read = (at: number) => peekWord(memory, hostAddress(at, l0.options.ram));
  return chain(address, [(at) => walkNpt({ name: "NPT12", root: root12, walk: npt12, read }, at), own]);
}

/**
 * The second stages that a physical address of the guest that runs goes through, down to the host's memory, with all entries: pure observation. None
 * on metal outside of a guest.
 */
export function secondStagesOf(machine: Machine, vcpu: number, address: number): readonly SecondStageWalk[] {
  const { client } = machine;
  if (client instanceof L0) return vmxStages(client.vcpus[vcpu]!, address);
  if (client instanceof SvmL0) return svmStages(client.vcpus[vcpu]!, address);
  const vmcs = machine.processors[vcpu]!.secondStage === null ? null : (machine.vmx[vcpu]?.currentVmcs() ?? null);
  if (vmcs === null) return [];
  const { capabilities } = machine.vmx[vcpu]!;
  const read = (at: number) => peekWord(machine.memory, at);
  return [walkEpt({ name: "EPT", root: Number(vmcs.read("eptPointer") & FRAME), capabilities, read }, address)];
}
