import type { GeneralRegisters, SystemRegisters, Userspace, UserspacePolicy, VcpuAccess } from "@hvdiff/nested";
import { type KvmRegisters, VcpuRegisters } from "./kvm-registers.ts";
import { type KvmVcpu, WholeVcpu } from "./kvm-vcpu.ts";

/** Bits of `kvm_run.flags` and of the synchronized registers' masks, as the kernel's API numbers them. */
export const KVM_RUN_X86_GUEST_MODE = 1 << 2;
export const KVM_SYNC_X86_REGS = 1 << 0;
export const KVM_SYNC_X86_SREGS = 1 << 1;

/** Capability numbers for KVM_CHECK_EXTENSION. */
export const KVM_CAP = { syncRegs: 74, exceptionPayload: 164, x86GuestMode: 238 } as const;

/** The shared page of a virtual processor, as far as a VMM half looks at it. */
export interface KvmRun {
  readonly flags: number;
  /** Registers as they were when KVM_RUN returned; what is dirty is loaded when it is called again. */
  regs: GeneralRegisters;
  sregs: SystemRegisters;
  kvmDirtyRegs: number;
}

/**
 * What a VMM half may ask of the kernel half of a column about one virtual processor, between two calls of KVM_RUN. As in life, registers are
 * those of the level that runs: a VMM that does not look at `run.flags` cannot tell L2's from L1's.
 */
export interface KvmApi extends KvmRegisters {
  readonly run: KvmRun;
  checkExtension(capability: number): number;
}

/** The loop around KVM_RUN of a VMM. */
export interface VmmHalf {
  /** KVM_RUN has come back with EINTR and is called again afterwards. */
  interrupted(kvm: KvmApi, policy: UserspacePolicy): void;
  /**
   * How it moves a virtual processor to another host: what it gets from the one, and in which order it sets it at the other. Absent: it does not.
   * @returns what the kernel over there answers when it refuses
   */
  readonly migrate?: (from: KvmVcpu, to: KvmVcpu) => string | null;
  /** Why it does not move a guest with VMX, by its release and by whether the kernel lets it get and set nested state; null where it does. */
  readonly migrationBlocker?: (version: string, hasNestedState: boolean) => string | null;
}

/** What is to know about a kernel to speak its API. */
export interface KernelHalf {
  /** Since 6.11 `kvm_run.flags` tells whether L2 was running. */
  readonly tellsGuestMode: boolean;
  /** Why the VMM does not move a guest with VMX on this kernel; null where it does. */
  readonly migrationBlocker: string | null;
}

class VcpuKvmApi extends VcpuRegisters<VcpuAccess> implements KvmApi {
  readonly run: KvmRun;
  private readonly kernel: KernelHalf;

  constructor(vcpu: VcpuAccess, kernel: KernelHalf) {
    super(vcpu);
    this.kernel = kernel;
    this.run = {
      flags: kernel.tellsGuestMode && vcpu.guestMode ? KVM_RUN_X86_GUEST_MODE : 0,
      regs: vcpu.generalRegisters(),
      sregs: vcpu.systemRegisters(),
      kvmDirtyRegs: 0,
    };
  }

  checkExtension(capability: number): number {
    if (capability === KVM_CAP.x86GuestMode) return this.kernel.tellsGuestMode ? 1 : 0;
    return capability === KVM_CAP.syncRegs ? KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS : 0;
  }

  /** What KVM_RUN does first. */
  loadDirtyRegs(): void {
    const { run } = this;
    if ((run.kvmDirtyRegs & KVM_SYNC_X86_REGS) !== 0) this.setRegs(run.regs);
    if ((run.kvmDirtyRegs & KVM_SYNC_X86_SREGS) !== 0) this.setSregs(run.sregs);
    run.kvmDirtyRegs = 0;
  }
}

/** Puts a VMM half on top of an L0's virtual processors. */
export function userspaceOf(half: VmmHalf, kernel: KernelHalf): Userspace {
  return {
    interrupted: (vcpu, policy) => {
      const kvm = new VcpuKvmApi(vcpu, kernel);
      half.interrupted(kvm, policy);
      kvm.loadDirtyRegs();
    },
    move:
      half.migrate === undefined
        ? null
        : (from, to, policy) =>
            kernel.migrationBlocker ?? half.migrate!(new WholeVcpu(from, policy), new WholeVcpu(to, policy)),
  };
}
