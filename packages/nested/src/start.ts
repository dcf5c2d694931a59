import { STATE } from "@hvdiff/cpu";
import { backedRanges, type DescriptorTable, featureControlAfter, type InitialState } from "@hvdiff/machine";
import type { VmcsView } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { eptPointerFor, mapRange } from "./ept-tables.ts";
import { F } from "./fields.ts";
import { SEGMENT_FIELDS } from "./guest-registers.ts";
import { CLIENT, GATE, GUEST_OFFSET } from "./host-layout.ts";
import type { L0 } from "./l0.ts";
import { FEATURE_CONTROL_MSR } from "./l1-environment.ts";
import { takePage } from "./page-pool.ts";
import { VPID_L1 } from "./silicon-tlb.ts";
import { resetVcpu } from "./startup.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const HOST_MODE = { cr0: 0x80000033 | 0, cr4: 0x2020, efer: 0x500 };
const EFER_LMA = 1 << 10;
const CR4_VMXE = 1 << 13;
const CR0_NE = 1 << 5;

/** Makes what all virtual processors use: L1's memory as EPT. */
export function startMachine({ state, machine, options }: L0): void {
  state.tables01 = takePage(state.pool, machine.memory);
  for (const { base, size } of backedRanges(options.ram))
    mapRange(machine.memory, state.pool, state.tables01, { from: base, to: GUEST_OFFSET + base, size });
}

/** Puts a processor of silicon into VMX operation and makes the VMCS that runs L1 on it. */
export function startVcpu(vcpu: VmxVcpu): void {
  const { vmx, state, l0 } = vcpu;
  const { memory } = l0.machine;
  l0.machine.useHostMode(vcpu.index, HOST_MODE);
  const region = takePage(l0.state.pool, memory);
  const { capabilities, vmcsRevision } = vmx;
  const isOfVmcs = l0.options.policy.ownVmxonRevision === "of-vmcs";
  memory.write32(region, isOfVmcs ? vmcsRevision : capabilities.revisionId);
  expectSuccess("VMXON", vmx.vmxon(region).kind);
  state.vmcs01 = newVmcs(vcpu);
  state.vmcs02 = newVmcs(vcpu);
  state.msrBitmap02 = takePage(l0.state.pool, memory);
  expectSuccess("VMPTRLD", vmx.vmptrld(state.vmcs01).kind);
  vcpu.attach();
  const v = vcpu.v01;
  writeControls(vcpu, v);
  writeHostState(v);
  vcpu.guestCpu.setMsr(FEATURE_CONTROL_MSR, featureControlAfter(l0.options.firmware));
  v.set(F.guestDr7, 0x400, 0);
  v.write("guestIa32Pat", 0x0007040600070406n);
  vcpu.shadow?.start();
  if (vcpu.index === 0) startBootstrap(vcpu, v);
  else startApplication(vcpu, v);
}

function startBootstrap({ silicon, l0 }: VmxVcpu, v: VmcsView): void {
  writeInitialGuest(l0.options.initial, v);
  for (const [register, value] of l0.options.initial.registers) silicon.setGpr(register, BigInt(value));
}

/** Firmware has found the others and sent them to wait. */
function startApplication(vcpu: VmxVcpu, v: VmcsView): void {
  const cr0 = vcpu.guestCpu.file.s[STATE.CR0]!;
  v.set(F.guestCr0, cr0 | CR0_NE, 0);
  v.set(F.cr0ReadShadow, cr0, 0);
  v.set(F.guestCr4, CR4_VMXE, 0);
  resetVcpu(vcpu);
}

function newVmcs({ l0, vmx }: VmxVcpu): number {
  const region = takePage(l0.state.pool, l0.machine.memory);
  l0.machine.memory.write32(region, vmx.vmcsRevision);
  expectSuccess("VMCLEAR", vmx.vmclear(region).kind);
  return region;
}

function expectSuccess(what: string, kind: string): void {
  if (kind !== "succeed") throw new Error(`L0's own ${what} failed on silicon: ${kind}`);
}

/** L0 keeps L1's local APIC, so its task priority (CR8) too. */
const PRIMARY =
  C.PROC_HLT | C.PROC_UNCONDITIONAL_IO | C.PROC_SECONDARY | C.PROC_TSC_OFFSETTING | C.PROC_CR8_LOAD | C.PROC_CR8_STORE;

/** A control word with what silicon demands added. */
function adjusted(vcpu: VmxVcpu, word: "pin" | "primary" | "secondary" | "exit" | "entry", wanted: number): number {
  const { required, allowed } = vcpu.vmx.capabilities.controls[word];
  return (wanted | required) & allowed;
}

/** Features that L1's CPUID shows and that need a control. */
function guestFeatures(vcpu: VmxVcpu): number {
  const has = (leaf: number, subleaf: number, register: "eax" | "ebx" | "ecx" | "edx", bit: number) =>
    vcpu.l0.options.guestModel.cpuid.some(
      (entry) => entry.leaf >>> 0 === leaf >>> 0 && entry.subleaf === subleaf && ((entry[register] >>> bit) & 1) !== 0,
    );
  return (
    (has(0x80000001, 0, "edx", 27) ? C.PROC2_RDTSCP : 0) |
    (has(7, 0, "ebx", 10) ? C.PROC2_INVPCID : 0) |
    (has(7, 0, "ecx", 5) ? C.PROC2_USER_WAIT : 0) |
    (has(0xd, 1, "eax", 3) ? C.PROC2_XSAVES : 0)
  );
}

function writeControls(vcpu: VmxVcpu, v: VmcsView): void {
  v.set(F.pinBasedControls, adjusted(vcpu, "pin", C.PIN_EXTERNAL_INTERRUPT | C.PIN_NMI | C.PIN_VIRTUAL_NMIS), 0);
  v.set(F.primaryProcessorBasedControls, adjusted(vcpu, "primary", PRIMARY) & ~(C.PROC_CR3_LOAD | C.PROC_CR3_STORE), 0);
  const secondary = C.PROC2_EPT | C.PROC2_VPID | C.PROC2_UNRESTRICTED | guestFeatures(vcpu);
  v.set(F.secondaryProcessorBasedControls, adjusted(vcpu, "secondary", secondary), 0);
  const exit =
    C.EXIT_HOST_64 |
    C.EXIT_ACK_INTERRUPT |
    C.EXIT_SAVE_PAT |
    C.EXIT_LOAD_PAT |
    C.EXIT_SAVE_EFER |
    C.EXIT_LOAD_EFER |
    C.EXIT_SAVE_DEBUG;
  v.set(F.vmExitControls, adjusted(vcpu, "exit", exit), 0);
  v.set(F.vmEntryControls, adjusted(vcpu, "entry", C.ENTRY_LOAD_PAT | C.ENTRY_LOAD_EFER | C.ENTRY_LOAD_DEBUG), 0);
  v.write("eptPointer", BigInt(eptPointerFor(vcpu.l0.state.tables01)));
  v.set(F.virtualProcessorIdentifier, VPID_L1, 0);
  v.set(F.vmcsLinkPointer, -1, -1);
  v.set(F.cr0GuestHostMask, -1, 0);
  v.set(F.cr4GuestHostMask, -1, 0);
}

function writeHostState(v: VmcsView): void {
  v.set(F.hostCr0, HOST_MODE.cr0, 0);
  v.set(F.hostCr4, HOST_MODE.cr4, 0);
  v.set(F.hostCr3, CLIENT.tables, 0);
  v.set(F.hostCsSelector, CLIENT.code, 0);
  for (const field of [F.hostSsSelector, F.hostDsSelector, F.hostEsSelector]) v.set(field, CLIENT.data, 0);
  v.set(F.hostTrSelector, CLIENT.task, 0);
  v.set(F.hostTrBase, CLIENT.taskState, 0);
  v.set(F.hostGdtrBase, CLIENT.gdt, 0);
  v.set(F.hostIdtrBase, CLIENT.idt, 0);
  v.set(F.hostIa32Efer, HOST_MODE.efer, 0);
  v.write("hostIa32Pat", 0x0007040600070406n);
  v.set(F.hostRip, CLIENT.gate + GATE.exit, 0);
  v.set(F.hostRsp, CLIENT.stack, 0);
}

function writeInitialGuest(initial: InitialState, v: VmcsView): void {
  v.set(F.guestRip, initial.rip | 0, 0);
  v.set(F.guestRflags, 2, 0);
  v.set(F.guestCr0, initial.cr0 | CR0_NE, 0);
  v.set(F.cr0ReadShadow, initial.cr0, 0);
  v.set(F.guestCr3, initial.cr3, 0);
  v.set(F.guestCr4, initial.cr4 | CR4_VMXE, 0);
  v.set(F.cr4ReadShadow, initial.cr4, 0);
  v.set(F.guestIa32Efer, initial.efer, 0);
  if ((initial.efer & EFER_LMA) !== 0) v.set(F.vmEntryControls, v.lo(F.vmEntryControls) | C.ENTRY_IA32E, 0);
  initial.segments.forEach((segment, at) => {
    const [selector, base, limit, access] = SEGMENT_FIELDS[at]!;
    v.set(selector, segment.selector, 0);
    v.set(base, segment.base, 0);
    v.set(limit, segment.limit | 0, 0);
    v.set(access, segment.access, 0);
  });
  writeTable(v, [F.guestGdtrBase, F.guestGdtrLimit], initial.gdt);
  writeTable(v, [F.guestIdtrBase, F.guestIdtrLimit], initial.idt);
}

function writeTable(v: VmcsView, [base, limit]: readonly [number, number], table: DescriptorTable): void {
  v.set(base, table.base, 0);
  v.set(limit, table.limit, 0);
}
