import { peekWord } from "@hvdiff/cpu";
import { VMEXIT_CODES } from "@hvdiff/spec";
import { type NestedAccess, NPF_FETCH, NPF_WRITE, nestedRoot, SVM, setNestedMode, VMCB } from "@hvdiff/svm";
import { mapLeaf } from "../ept-tables.ts";
import { hostAddress, PAGE } from "../host-layout.ts";
import { dropShadows as dropAll, shadowFor } from "../shadow-ept.ts";
import { emulateAtRip } from "./instructions.ts";
import { exitToL1 } from "./nested-exit.ts";
import type { SvmVcpu } from "./vcpu.ts";

const NPT_PRESENT = 1;
const NPT_READ = 5;
const NPT_WRITABLE = 2;
const NPT_ALL = NPT_READ | NPT_WRITABLE;
const NO_EXECUTE = 1n << 63n;
const STAGE2_WRITE = 2;
const TABLE_WALK = 2;
const CR4_SMEP = 1 << 20;

/** Whether L1 runs L2 with nested paging, and its processor has that. */
export function usesNestedPaging({ v12, l0 }: SvmVcpu): boolean {
  return l0.capabilities.nestedPaging && (v12.lo(VMCB.NESTED_CONTROL) & SVM.NP_ENABLE) !== 0;
}

/** Sets the walk of L1's tables up as L1's own processor would walk them; the root. */
function prepareWalk({ npt12, v12, v01, l0, state }: SvmVcpu): number {
  const ownPages = l0.policy.gigabytePages === "cpuid" ? l0.options.guestModel : l0.machine.options.model;
  setNestedMode(npt12.mode, l0.capabilities, {
    cr4: state.keptTables?.cr4 ?? v01.lo(VMCB.CR4),
    efer: state.keptTables?.efer ?? v01.lo(VMCB.EFER),
    control: v12.lo(VMCB.NESTED_CONTROL),
    gigabytePages: ownPages.gigabytePages,
  });
  return nestedRoot(npt12.mode, v12.lo(VMCB.NESTED_CR3), v12.hi(VMCB.NESTED_CR3));
}

/** What distinguishes shadows: the root of L1's tables and how they are walked. */
function shadowKey(vcpu: SvmVcpu): bigint {
  const root = prepareWalk(vcpu);
  const { levels, noExecute, executeTrap } = vcpu.npt12.mode;
  return (BigInt(root) << 12n) | BigInt(levels | (noExecute ? 8 : 0) | (executeTrap ? 16 : 0));
}

/** Root of the shadow of L1's nested page tables. */
export function shadowOf(vcpu: SvmVcpu): number {
  const { state, machine } = vcpu.l0;
  return shadowFor(machine.memory, state.pool, vcpu.state.shadows, shadowKey(vcpu)).root;
}

/** Forgets all shadows: L1 has asked for a flush. */
export function dropShadows({ l0, state }: SvmVcpu): void {
  dropAll(l0.machine.memory, l0.state.pool, state.shadows, null);
}

/** Forgets all shadows, whoever runs. */
export function dropAllShadows(vcpu: SvmVcpu): void {
  dropShadows(vcpu);
  if (isBehindTables(vcpu)) vcpu.current.set(VMCB.NESTED_CR3, shadowOf(vcpu), 0);
}

function join(low: number, high: number): number {
  return (low >>> 0) + (high >>> 0) * 0x1_0000_0000;
}

/** Whether what runs next has L1's nested page tables between it and L1's memory. */
function isBehindTables(vcpu: SvmVcpu): boolean {
  return vcpu.state.keptTables !== null || (vcpu.state.guestMode && usesNestedPaging(vcpu));
}

/** A nested page fault on silicon: a hole of L1's memory, a page the shadow lacks, or a fault of L1's own tables. */
export function handleNestedFault(vcpu: SvmVcpu): void {
  const v = vcpu.current;
  const address = join(v.lo(VMCB.EXIT_INFO_2), v.hi(VMCB.EXIT_INFO_2));
  if (isBehindTables(vcpu)) composeOrReflect(vcpu, address);
  else if (vcpu.guestCpu.space.isDevice(address) || vcpu.l0.coversApic(address - (address % PAGE))) emulateAtRip(vcpu);
  else fillHole(vcpu, address);
}

/** Holes of L1's physical memory lead to a place where nothing is: reads give FF, writes vanish. */
function fillHole({ l0 }: SvmVcpu, address: number): void {
  const page = address - (address % PAGE);
  const entry = BigInt(hostAddress(page, l0.options.ram)) | BigInt(NPT_ALL);
  mapLeaf(l0.machine.memory, l0.state.pool, l0.state.tables01, page, entry);
}

function accessOf(vcpu: SvmVcpu, code: number, walk: boolean): NestedAccess {
  return {
    write: (code & NPF_WRITE) !== 0,
    fetch: !walk && (code & NPF_FETCH) !== 0,
    supervisor: vcpu.current.lo(VMCB.CPL_WORD) >>> 24 < 3,
  };
}

function composeOrReflect(vcpu: SvmVcpu, address: number): void {
  const { current: v, npt12, l0 } = vcpu;
  const walk = (v.hi(VMCB.EXIT_INFO_1) & TABLE_WALK) !== 0;
  const access = accessOf(vcpu, v.lo(VMCB.EXIT_INFO_1), walk);
  const root = prepareWalk(vcpu);
  if (npt12.walk(root, Math.floor(address / PAGE), access)) {
    const page = npt12.hostPage * PAGE;
    if (vcpu.guestCpu.space.isDevice(page)) emulateForL2(vcpu);
    else fillShadow(vcpu, address, page);
    return;
  }
  if (!vcpu.state.guestMode) {
    const what = "a nested page fault of a processor that an INIT has reset in guest mode";
    vcpu.outcome = { kind: "unimplemented", what, where: vcpu.where() };
    return;
  }
  const reportsFetch = npt12.mode.noExecute || (vcpu.v01.lo(VMCB.CR4) & CR4_SMEP) !== 0;
  v.set(VMCB.EXIT_INFO_1, reportsFetch ? npt12.error : npt12.error & ~NPF_FETCH, v.hi(VMCB.EXIT_INFO_1));
  l0.count("nested-page-faults");
  exitToL1(vcpu, VMEXIT_CODES.NPF.code);
}

function fillShadow(vcpu: SvmVcpu, address: number, l1Page: number): void {
  const { machine, state, options } = vcpu.l0;
  const { rights, mode, user, executable } = vcpu.npt12;
  // Under the guest-mode execute trap U tells code of the user from that of the supervisor.
  const present = mode.executeTrap && !user ? NPT_PRESENT : NPT_READ;
  const low = present | ((rights & STAGE2_WRITE) !== 0 ? NPT_WRITABLE : 0);
  const entry = BigInt(hostAddress(l1Page, options.ram)) | BigInt(low);
  mapLeaf(
    machine.memory,
    state.pool,
    shadowOf(vcpu),
    address - (address % PAGE),
    executable ? entry : entry | NO_EXECUTE,
  );
}

/** The instruction of L2 is done on the register file, whose memory is behind L1's tables. */
function emulateForL2(vcpu: SvmVcpu): void {
  const { space } = vcpu.guestCpu;
  space.l2Stage = (address) => throughTables(vcpu, address);
  emulateAtRip(vcpu);
  space.l2Stage = null;
}

const READ: NestedAccess = { write: false, fetch: false, supervisor: true };

/** What L1's tables make of an address of L2; the same address where they have nothing. */
function throughTables(vcpu: SvmVcpu, address: number): number {
  const found = vcpu.npt12.walk(prepareWalk(vcpu), Math.floor(address / PAGE), READ);
  return found ? vcpu.npt12.hostPage * PAGE + (address % PAGE) : address;
}

/** Root of the tables of L1's that an onlooker walks by `npt12`; null where the guest that runs is not behind any. */
export function tablesOfL1(vcpu: SvmVcpu): number | null {
  return isBehindTables(vcpu) ? prepareWalk(vcpu) : null;
}

/** Where a physical address of the guest that runs lies in host memory, for onlookers. -1 where it leads nowhere. */
export function peekPhysical(vcpu: SvmVcpu, address: number): number {
  const { ram } = vcpu.l0.options;
  if (!isBehindTables(vcpu)) return hostAddress(address, ram);
  const root = prepareWalk(vcpu);
  const { memory } = vcpu.l0.machine;
  const found = vcpu.npt12.peek(root, address, (at) => peekWord(memory, hostAddress(at, ram)));
  return found < 0 ? found : hostAddress(found, ram);
}
