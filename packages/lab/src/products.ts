import type { Personality } from "@hvdiff/personality";
import { hvx } from "@hvdiff/personality-hvx";
import { hyperv } from "@hvdiff/personality-hyperv";
import { kvm } from "@hvdiff/personality-kvm";
import { virtualbox } from "@hvdiff/personality-virtualbox";
import { vmware } from "@hvdiff/personality-vmware";
import { qemu } from "@hvdiff/vmm-qemu";
import { virtualboxKvm } from "@hvdiff/vmm-virtualbox-kvm";

/** Every product the lab knows. */
export const PERSONALITIES: readonly Personality[] = [kvm, virtualbox, vmware, hyperv, hvx, qemu, virtualboxKvm];

/** Columns shown when the user names none. */
export const DEFAULT_COLUMNS: readonly string[] = [
  "metal",
  "ideal",
  "kvm@4.20+qemu@3.1",
  "kvm@6.1+qemu@8.2",
  "virtualbox@6.1",
  "virtualbox@7.0",
  "vmware@17",
];

export const DEFAULT_CPU = "skylake-client";
/** The same for guests that are about SVM. */
export const DEFAULT_SVM_CPU = "zen2";
