import type { Evidence } from "@hvdiff/personality";
import type { CpuidFeature } from "@hvdiff/spec";
import { kvmSource, linuxCommit } from "../evidence.ts";

/** A feature of CPUID leaf 8000_000AH that KVM virtualizes. */
export interface OfferedSvmFeature {
  readonly feature: CpuidFeature;
  /** First release that offers it to guests; absent: all. */
  readonly since?: string;
  readonly evidence: Evidence;
}

const FIRST = kvmSource("svm/svm.c", "svm_set_cpu_caps");

/** What KVM's SVM offers its guests, release by release. Whatever is not here is never offered: decode assists, AVIC, guest-mode execute traps. */
export const OFFERED_SVM_FEATURES: readonly OfferedSvmFeature[] = [
  { feature: "npt", evidence: FIRST },
  { feature: "nrip-save", evidence: FIRST },
  {
    feature: "svme-addr-chk",
    since: "5.12",
    evidence: linuxCommit("3b9c723ed7cf", "KVM: SVM: Add support for SVM instruction address check change"),
  },
  {
    feature: "tsc-scale",
    since: "5.16",
    evidence: linuxCommit("5228eb96a487", "KVM: x86: nSVM: implement nested TSC scaling"),
  },
  {
    feature: "vmcb-clean",
    since: "5.17",
    evidence: linuxCommit("91f673b3e1bd", "KVM: x86: nSVM: expose clean bit support to the guest"),
  },
  {
    feature: "lbrv",
    since: "5.19",
    evidence: linuxCommit("d20c796ca370", "KVM: x86: nSVM: implement nested LBR virtualization"),
  },
  {
    feature: "v-vmsave-vmload",
    since: "5.19",
    evidence: linuxCommit("b9f3973ab3a8", "KVM: x86: nSVM: implement nested VMLOAD/VMSAVE"),
  },
  {
    feature: "pause-filter",
    since: "5.19",
    evidence: linuxCommit("74fd41ed16fd", "KVM: x86: nSVM: support PAUSE filtering when L0 doesn't intercept PAUSE"),
  },
  {
    feature: "pfthreshold",
    since: "5.19",
    evidence: linuxCommit("74fd41ed16fd", "KVM: x86: nSVM: support PAUSE filtering when L0 doesn't intercept PAUSE"),
  },
  {
    feature: "vgif",
    since: "5.19",
    evidence: linuxCommit("0b349662184b", "KVM: x86: nSVM: implement nested vGIF"),
  },
  {
    feature: "vnmi",
    since: "6.4",
    evidence: linuxCommit("0977cfac6e76", "KVM: nSVM: Implement support for nested VNMI"),
  },
  {
    feature: "flushbyasid",
    since: "6.8",
    evidence: linuxCommit("176bfc5b17fe", "KVM: nSVM: Advertise support for flush-by-ASID"),
  },
];
