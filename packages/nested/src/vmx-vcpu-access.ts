import { STATE } from "@hvdiff/cpu";
import { hi32, lo32, u64 } from "@hvdiff/spec";
import type { VmcsView } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { F } from "./fields.ts";
import { PDPTES, SEGMENT_FIELDS } from "./guest-registers.ts";
import { setGeneralRegister } from "./instruction-operand.ts";
import type { GeneralRegisters, SystemRegisters, TableRegister, UserspacePolicy, VcpuAccess } from "./userspace.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const GENERAL_REGISTERS = 16;
const CR0_NE = 1 << 5;
const CR4_VMXE = 1 << 13;
const EFER_LMA = 1 << 10;

function tableOf(v: VmcsView, base: number, limit: number): TableRegister {
  return { base: u64(v.lo(base), v.hi(base)), limit: v.lo(limit) };
}

function setTable(v: VmcsView, [base, limit]: readonly [number, number], table: TableRegister): void {
  v.set(base, lo32(table.base), hi32(table.base));
  v.set(limit, table.limit, 0);
}

/** The registers of what runs next on VMX silicon: the current VMCS is vmcs01 or vmcs02. */
export class VmxVcpuAccess implements VcpuAccess {
  protected readonly vcpu: VmxVcpu;
  private readonly policy: UserspacePolicy;

  constructor(vcpu: VmxVcpu, policy: UserspacePolicy) {
    this.vcpu = vcpu;
    this.policy = policy;
  }

  get guestMode(): boolean {
    return this.vcpu.state.guestMode;
  }

  generalRegisters(): GeneralRegisters {
    const { silicon, current } = this.vcpu;
    const gpr = Array.from({ length: GENERAL_REGISTERS }, (_, number) => silicon.gpr(number));
    gpr[4] = current.read("guestRsp");
    return { gpr, rip: current.read("guestRip"), rflags: current.read("guestRflags") };
  }

  setGeneralRegisters({ gpr, rip, rflags }: GeneralRegisters): void {
    const { silicon, current } = this.vcpu;
    gpr.forEach((value, number) => {
      setGeneralRegister(silicon, current, number, value);
    });
    current.write("guestRip", rip);
    current.write("guestRflags", rflags);
  }

  systemRegisters(): SystemRegisters {
    const { silicon, current, state } = this.vcpu;
    const s = silicon.s;
    return {
      cr0: BigInt((state.guestMode ? current.lo(F.guestCr0) : current.lo(F.cr0ReadShadow)) >>> 0),
      cr2: u64(s[STATE.CR2]!, s[STATE.CR2 + 1]!),
      cr3: current.read("guestCr3"),
      cr4: BigInt((state.guestMode ? current.lo(F.guestCr4) : current.lo(F.cr4ReadShadow)) >>> 0),
      efer: current.read("guestIa32Efer"),
      segments: SEGMENT_FIELDS.map(([selector, base, limit, access]) => ({
        selector: current.lo(selector),
        base: u64(current.lo(base), current.hi(base)),
        limit: current.lo(limit) >>> 0,
        access: current.lo(access),
      })),
      pdptes: PDPTES.map((field) => u64(current.lo(field), current.hi(field))),
      gdt: tableOf(current, F.guestGdtrBase, F.guestGdtrLimit),
      idt: tableOf(current, F.guestIdtrBase, F.guestIdtrLimit),
    };
  }

  setSystemRegisters({ cr0, cr2, cr3, cr4, efer, segments, pdptes, gdt, idt }: SystemRegisters): void {
    const { silicon, current } = this.vcpu;
    silicon.s[STATE.CR2] = lo32(cr2);
    silicon.s[STATE.CR2 + 1] = hi32(cr2);
    current.write("guestCr3", cr3);
    current.write("guestIa32Efer", efer);
    SEGMENT_FIELDS.forEach(([selector, base, limit, access], at) => {
      const segment = segments[at]!;
      current.set(selector, segment.selector, 0);
      current.set(base, lo32(segment.base), hi32(segment.base));
      current.set(limit, segment.limit | 0, 0);
      current.set(access, segment.access, 0);
    });
    PDPTES.forEach((field, at) => {
      current.set(field, lo32(pdptes[at]!), hi32(pdptes[at]!));
    });
    setTable(current, [F.guestGdtrBase, F.guestGdtrLimit], gdt);
    setTable(current, [F.guestIdtrBase, F.guestIdtrLimit], idt);
    this.setMode(lo32(efer));
    this.setControlRegisters(lo32(cr0), lo32(cr4));
    this.vcpu.guestCpu.onControlRegisterChange();
  }

  /** A processor has no such register, a VMCS has: whether the guest is in IA-32e mode. */
  private setMode(efer: number): void {
    const { current } = this.vcpu;
    const entry = current.lo(F.vmEntryControls);
    const isLong = (efer & EFER_LMA) !== 0;
    current.set(F.vmEntryControls, isLong ? entry | C.ENTRY_IA32E : entry & ~C.ENTRY_IA32E, 0);
  }

  private setControlRegisters(cr0: number, cr4: number): void {
    const { current, state } = this.vcpu;
    current.set(F.guestCr0, cr0 | CR0_NE, 0);
    current.set(F.guestCr4, cr4 | CR4_VMXE, 0);
    if (state.guestMode && this.policy.readShadowsOnWrite === "of-l1") return;
    current.set(F.cr0ReadShadow, cr0, 0);
    current.set(F.cr4ReadShadow, cr4, 0);
  }

  msr(index: number): bigint | undefined {
    const { guestCpu, current, state } = this.vcpu;
    guestCpu.sync(current, state);
    return guestCpu.readMsr(index);
  }

  setMsr(index: number, value: bigint): boolean {
    const { guestCpu, current, state } = this.vcpu;
    guestCpu.sync(current, state);
    return guestCpu.writeMsr(current, index, value, state);
  }
}
