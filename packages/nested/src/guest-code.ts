import { HIDDEN, type PagingState, type Processor, peekByte, peekLinear, STATE } from "@hvdiff/cpu";
import type { Machine } from "@hvdiff/machine";
import { hi32, lo32, u64 } from "@hvdiff/spec";
import { VMCB, type Vmcb } from "@hvdiff/svm";
import type { MemoryVmcs } from "@hvdiff/vmx";
import { L0 } from "./l0.ts";
import { secondStagesOf } from "./second-stages.ts";
import { SvmL0 } from "./svm/svm-l0.ts";

/** Where a guest is and the code there. */
export interface GuestCode {
  readonly rip: bigint;
  readonly bits: 16 | 32 | 64;
  /** From RIP on, as far as it can be seen, at most 15. */
  readonly bytes: Uint8Array;
}

/** Registers that say where code is fetched from and how. */
interface FetchState {
  readonly rip: bigint;
  readonly base: bigint;
  /** Access rights of CS as a VMCS has them. */
  readonly rights: number;
  readonly cr0: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;
}

const MODE_GUEST = 2;
const MOST_BYTES = 15;
const LMA = 1n << 10n;
const RIGHTS_L = 1 << 13;
const RIGHTS_D = 1 << 14;
const CR0_PG = 1n << 31n;
const CR4_PAE = 1n << 5n;
const STATE_WORDS = 512;

function ofProcessor({ s, rip }: Processor): FetchState {
  const cs = STATE.SEGMENTS + STATE.CS * STATE.SEGMENT_STRIDE;
  return {
    rip,
    base: u64(s[cs + STATE.SEGMENT_BASE]!, s[cs + STATE.SEGMENT_BASE_HIGH]!),
    rights: s[cs + STATE.SEGMENT_ACCESS]!,
    cr0: u64(s[STATE.CR0]!, 0),
    cr3: u64(s[STATE.CR3]!, s[STATE.CR3 + 1]!),
    cr4: u64(s[STATE.CR4]!, 0),
    efer: u64(s[STATE.EFER]!, 0),
  };
}

function ofVmcs(vmcs: MemoryVmcs): FetchState {
  return {
    rip: vmcs.read("guestRip"),
    base: vmcs.read("guestCsBase"),
    rights: Number(vmcs.read("guestCsAccessRights")),
    cr0: vmcs.read("guestCr0"),
    cr3: vmcs.read("guestCr3"),
    cr4: vmcs.read("guestCr4"),
    efer: vmcs.read("guestIa32Efer"),
  };
}

/** Attributes are those of a descriptor without the four bits of its limit (APM 2 "VMCB State Save Area"). */
function ofVmcb(vmcb: Vmcb): FetchState {
  const at = (offset: number) => u64(vmcb.lo(offset), vmcb.hi(offset));
  const attributes = Number((at(VMCB.CS) >> 16n) & 0xfffn);
  return {
    rip: at(VMCB.RIP),
    base: at(VMCB.CS + 8),
    rights: (attributes & 0xff) | ((attributes & 0xf00) << 4),
    cr0: at(VMCB.CR0),
    cr3: at(VMCB.CR3),
    cr4: at(VMCB.CR4),
    efer: at(VMCB.EFER),
  };
}

/** Null for a client that is neither, such as a stack's. */
function fetchStateOf({ client, processors }: Machine, vcpu: number): FetchState | null {
  const silicon = processors[vcpu]!;
  if (client === null || silicon.s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST) return ofProcessor(silicon);
  if (client instanceof L0) return ofVmcs(client.vcpus[vcpu]!.current);
  return client instanceof SvmL0 ? ofVmcb(client.vcpus[vcpu]!.current) : null;
}

/** The paging of a guest whose registers silicon does not hold now. */
function pagingOf({ cr0, cr3, cr4, efer }: FetchState, silicon: Processor): PagingState {
  const s = new Int32Array(STATE_WORDS);
  s[STATE.CR0] = lo32(cr0);
  s[STATE.CR3] = lo32(cr3);
  s[STATE.CR3 + 1] = hi32(cr3);
  s[STATE.CR4] = lo32(cr4);
  s[STATE.EFER] = lo32(efer);
  const { memory, addressHighMask, gigabytePages } = silicon;
  return { s, memory, addressHighMask, gigabytePages, isCanonical: () => true };
}

/** The guest that a processor runs, or whose exit its L0 handles: pure observation. Null where nothing can be seen. */
export function guestCode(machine: Machine, vcpu: number): GuestCode | null {
  const state = fetchStateOf(machine, vcpu);
  if (state === null) return null;
  const isLong = (state.efer & LMA) !== 0n;
  // Under PAE paging the first level is in registers that only silicon has.
  if (!isLong && (state.cr0 & CR0_PG) !== 0n && (state.cr4 & CR4_PAE) !== 0n) return null;
  const is64 = isLong && (state.rights & RIGHTS_L) !== 0;
  const bytes = fetch(machine, vcpu, { state, is64 });
  const bits = is64 ? 64 : (state.rights & RIGHTS_D) !== 0 ? 32 : 16;
  return bytes.length === 0 ? null : { rip: state.rip, bits, bytes };
}

function fetch(
  machine: Machine,
  vcpu: number,
  { state, is64 }: { readonly state: FetchState; readonly is64: boolean },
): Uint8Array {
  const paging = pagingOf(state, machine.processors[vcpu]!);
  const toHost = (address: number): number => {
    const walks = secondStagesOf(machine, vcpu, address);
    return walks.length === 0 ? address : (walks.at(-1)!.result ?? HIDDEN);
  };
  const found: number[] = [];
  let [page, host] = [-1n, HIDDEN];
  for (let at = 0; at < MOST_BYTES; at++) {
    const linear = BigInt.asUintN(is64 ? 64 : 32, state.rip + (is64 ? 0n : state.base) + BigInt(at));
    if (linear >> 12n !== page) {
      page = linear >> 12n;
      const physical = peekLinear(paging, lo32(linear) & ~0xfff, hi32(linear), toHost);
      host = physical === HIDDEN ? HIDDEN : toHost(physical);
    }
    const byte = host === HIDDEN ? HIDDEN : peekByte(machine.memory, host + Number(linear & 0xfffn));
    if (byte === HIDDEN) break;
    found.push(byte);
  }
  return Uint8Array.from(found);
}
