import { STATE } from "@hvdiff/cpu";
import { hi32, lo32, u64 } from "@hvdiff/spec";
import { F } from "./fields.ts";
import { SEGMENT_FIELDS } from "./guest-registers.ts";
import { setGeneralRegister } from "./instruction-operand.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/** RAX … R15, RIP and RFLAGS of whatever level runs next. */
export interface GeneralRegisters {
  readonly gpr: readonly bigint[];
  readonly rip: bigint;
  readonly rflags: bigint;
}

/** Control registers as silicon works with them, which is not what the guest reads where another level has its hands on them. */
export interface SystemRegisters {
  readonly cr0: bigint;
  readonly cr2: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;
  readonly segments: readonly SegmentRegister[];
}

/** One of ES CS SS DS FS GS LDTR TR. */
export interface SegmentRegister {
  readonly selector: number;
  readonly base: bigint;
  readonly limit: number;
  readonly access: number;
}

/** The registers of a virtual processor as an L0 hands them to its userspace half: those of the level that runs, L1 or L2. */
export interface VcpuAccess {
  /** L2 is what runs. */
  readonly guestMode: boolean;
  generalRegisters(): GeneralRegisters;
  setGeneralRegisters(registers: GeneralRegisters): void;
  systemRegisters(): SystemRegisters;
  setSystemRegisters(registers: SystemRegisters): void;
  /** Undefined where RDMSR would be #GP. */
  msr(index: number): bigint | undefined;
  /** False where WRMSR would be #GP. */
  setMsr(index: number, value: bigint): boolean;
}

/** Where the halves of an L0 differ from the architecture when a run goes through userspace. */
export interface UserspacePolicy {
  /** What a write of CR0 and CR4 makes of the read shadows while L2 runs: L1's, which the guest is to read; or the value itself. */
  readonly readShadowsOnWrite: "of-l1" | "as-written";
  /** Registers that userspace writes back although it has not changed them. */
  readonly writesBack: "nothing" | "cr4" | "everything";
}

export const ARCHITECTURAL_USERSPACE: UserspacePolicy = { readShadowsOnWrite: "of-l1", writesBack: "nothing" };

/** The half of an L0 that is a process: what it does when the other half has come back to it. All its state is in the policy. */
export interface Userspace {
  /** A signal has ended a run of the virtual processor; the next run follows. */
  interrupted(vcpu: VcpuAccess, policy: UserspacePolicy): void;
}

const GENERAL_REGISTERS = 16;
const CR0_NE = 1 << 5;
const CR4_VMXE = 1 << 13;

/** The registers of what runs next on VMX silicon: the current VMCS is vmcs01 or vmcs02. */
export class VmxVcpuAccess implements VcpuAccess {
  private readonly vcpu: VmxVcpu;
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
    };
  }

  setSystemRegisters({ cr0, cr2, cr3, cr4, efer, segments }: SystemRegisters): void {
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
    this.setControlRegisters(lo32(cr0), lo32(cr4));
    this.vcpu.guestCpu.onControlRegisterChange();
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
