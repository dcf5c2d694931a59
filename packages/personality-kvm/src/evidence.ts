import type { Evidence } from "@hvdiff/personality";

const LINUX = "torvalds/linux";
/** Mainline of early 2026 as a public fork carries it: the text that the tables were read against. */
const READ_COPY = { kind: "source", repo: "Aarav90-cpu/linux-kotlin", commit: "a663adb68e0e" } as const;

/** A function of KVM's VMX nesting code. */
export function nestedSource(symbol: string): Evidence {
  return { ...READ_COPY, path: "arch/x86/kvm/vmx/nested.c", symbol };
}

/** A function of KVM's VMX code proper. */
export function vmxSource(symbol: string): Evidence {
  return { ...READ_COPY, path: "arch/x86/kvm/vmx/vmx.c", symbol };
}

/** A definition in another file of KVM for x86. */
export function kvmSource(path: string, symbol: string): Evidence {
  return { ...READ_COPY, path: `arch/x86/kvm/${path}`, symbol };
}

/** KVM of Linux 4.14 as a public fork carries it: what came before the corrections of 2018 that no stable release has taken. */
export function oldSource(path: "vmx.c" | "x86.c", symbol: string): Evidence {
  return {
    kind: "source",
    repo: "LeCmnGend/kernel_ginkgo-archived",
    commit: "5d2efe8bc23f",
    path: `arch/x86/kvm/${path}`,
    symbol,
  };
}

/** The talk by the author of those corrections that tells of them one by one. */
export const NESTED_TALK: Evidence = {
  kind: "document",
  title: "Liran Alon: Improving KVM x86 Nested Virtualization (KVM Forum)",
  date: "2018",
};

/** A commit that changed the behaviour. */
export function linuxCommit(commit: string, title: string): Evidence {
  return { kind: "commit", repo: LINUX, commit, title };
}
