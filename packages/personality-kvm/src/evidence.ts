import type { Evidence } from "@hvdiff/personality";

const LINUX = "torvalds/linux";
const RELEASE = "v6.1";

/** A function of KVM's VMX nesting code in the release that the tables were read against. */
export function nestedSource(symbol: string): Evidence {
  return { kind: "source", repo: LINUX, path: "arch/x86/kvm/vmx/nested.c", commit: RELEASE, symbol };
}

/** A function of KVM's VMX code proper. */
export function vmxSource(symbol: string): Evidence {
  return { kind: "source", repo: LINUX, path: "arch/x86/kvm/vmx/vmx.c", commit: RELEASE, symbol };
}

/** A definition in another file of KVM for x86. */
export function kvmSource(path: string, symbol: string): Evidence {
  return { kind: "source", repo: LINUX, path: `arch/x86/kvm/${path}`, commit: RELEASE, symbol };
}

/** A commit that changed the behaviour. */
export function linuxCommit(commit: string, title: string): Evidence {
  return { kind: "commit", repo: LINUX, commit, title };
}
