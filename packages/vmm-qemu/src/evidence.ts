import type { Evidence } from "@hvdiff/personality";

const QEMU = "qemu/qemu";
const CPU_COMMIT = "0048035a870312f2fd0f3dd28115398d26e419bb";
const KVM_COMMIT = "5f992102383ed8ed97076548e1c897c7034ed8a4";

/** A definition in QEMU's x86 processor models. */
export function cpuSource(symbol: string): Evidence {
  return { kind: "source", repo: QEMU, path: "target/i386/cpu.c", commit: CPU_COMMIT, symbol };
}

/** A function of QEMU's KVM glue. */
export function kvmGlueSource(symbol: string): Evidence {
  return { kind: "source", repo: QEMU, path: "target/i386/kvm/kvm.c", commit: KVM_COMMIT, symbol };
}
