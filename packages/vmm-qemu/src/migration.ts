import { compareVersions, type KvmVcpu } from "@hvdiff/personality";

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}

/** IA32_FEATURE_CONTROL is put before everything else. */
const FEATURE_CONTROL = 0x3a;
const APIC_BASE = 0x1b;
const TSC_DEADLINE = 0x6e0;

/** MSRs that go along (`kvm_get_msrs`), as far as the virtual processor has them. */
const MIGRATED_MSRS = [
  0x174, // IA32_SYSENTER_CS, ESP, EIP
  0x175,
  0x176,
  0x277, // IA32_PAT
  0xc000_0081, // STAR, LSTAR, CSTAR, FMASK
  0xc000_0082,
  0xc000_0083,
  0xc000_0084,
  0xc000_0102, // KERNEL_GS_BASE
  0xc000_0103, // TSC_AUX
  0x10, // IA32_TIME_STAMP_COUNTER, TSC_ADJUST
  0x3b,
  0x1a0, // IA32_MISC_ENABLE
  0x48, // IA32_SPEC_CTRL
  0x122, // IA32_TSX_CTRL
  0xda0, // IA32_XSS
  0xd90, // IA32_BNDCFGS
  0x6e1, // IA32_PKRS
  0xe1, // IA32_UMWAIT_CONTROL
  0x11, // the paravirtual clock, old and new numbers
  0x12,
  ...range(0x4b56_4d00, 8),
  0x4000_0000, // the enlightened interface
  0x4000_0001,
  0x4000_0073,
  0x4000_0021,
  0x4000_0080, // the synthetic interrupt controller and its timers
  0x4000_0082,
  0x4000_0083,
  ...range(0x4000_0090, 16),
  ...range(0x4000_00b0, 8),
  0x38d, // performance monitoring
  0x38e,
  0x38f,
  ...range(0x309, 4),
  ...range(0xc1, 8),
  ...range(0x186, 8),
  0x17a, // machine check
  0x17b,
  ...range(0x400, 16),
  0x2ff, // memory types
  0x250,
  0x258,
  0x259,
  ...range(0x268, 8),
  ...range(0x200, 16),
  0xc001_0114, // VM_CR, VM_HSAVE_PA, TSC_RATIO
  0xc001_0117,
  0xc000_0104,
];

/**
 * Moves a virtual processor: what is got is got in the order of `kvm_arch_get_registers`, and set in that of the other end, where the local APIC comes
 * with the devices, before `kvm_arch_put_registers`.
 */
export function migrate(from: KvmVcpu, to: KvmVcpu): string | null {
  const events = from.getVcpuEvents();
  // It may begin with a start-up IPI, so it comes before the registers.
  const mpState = from.getMpState();
  const regs = from.getRegs();
  const xsave = from.getXsave();
  const xcr0 = from.getXcr0();
  const sregs = from.getSregs();
  const msrs = from.getMsrs([FEATURE_CONTROL, APIC_BASE, TSC_DEADLINE, ...MIGRATED_MSRS]);
  const lapic = from.getLapic();
  const debugregs = from.getDebugregs();
  const nested = from.getNestedState();
  const only = (...indices: readonly number[]) => new Map([...msrs].filter(([index]) => indices.includes(index)));

  to.setMsrs(only(APIC_BASE));
  to.setLapic(lapic);

  to.setMsrs(only(FEATURE_CONTROL));
  to.setSregs(sregs);
  const refused = nested === null ? null : to.setNestedState(nested);
  if (refused !== null) return refused;
  to.setRegs(regs);
  to.setXsave(xsave);
  to.setXcr0(xcr0);
  to.setMsrs(only(...MIGRATED_MSRS));
  to.setVcpuEvents(events);
  to.setMpState(mpState);
  to.setMsrs(only(TSC_DEADLINE));
  to.setDebugregs(debugregs);
  return null;
}

/** Since 3.1 QEMU does not move a guest with VMX; since 4.1 it does, on a kernel that helps. */
export function migrationBlocker(version: string, hasNestedState: boolean): string | null {
  if (compareVersions(version, "3.1") < 0 || (compareVersions(version, "4.1") >= 0 && hasNestedState)) return null;
  return "Nested VMX virtualization does not support live migration yet";
}
