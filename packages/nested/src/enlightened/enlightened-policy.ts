import { EVMCS_VERSION } from "@hvdiff/spec";

/**
 * The decision points of the enlightened interface: synthetic MSRs, and a VMCS that L1 keeps as a page of its own memory (Hypervisor
 * Top-Level Functional Specification, "Nested Virtualization"). The defaults are that specification's, and that nothing of it is there.
 */
export interface EnlightenedPolicy {
  /** Whether L1 has the synthetic MSRs and may use an enlightened VMCS. */
  readonly offered: boolean;
  /** What VMREAD does while an enlightened VMCS is active: there is no current VMCS, or the page is what it reads. */
  readonly vmreadWhileActive: "no-current-vmcs" | "reads-page";
  /** What VMPTRLD and VMPTRST do meanwhile: as ever, or nothing at all, over and over again. */
  readonly pointersWhileActive: "as-ever" | "repeat";
  /** Values of the page's first word that are taken. */
  readonly acceptedVersions: readonly number[];
  /** Whether L1 has hypercalls, with the MSRs for them. */
  readonly hypercalls: boolean;
  /** Whether L1 has the synthetic interrupt controller, its timers, and the reference time. */
  readonly synic: boolean;
  readonly timers: boolean;
  readonly referenceTime: boolean;
  /** Whether L1 has the hypercalls that flush what its EPT gives. */
  readonly flushesGuestPhysical: boolean;
  /** Whether L0 does hypercalls of L2 that flush its TLB where L1 asks for that. */
  readonly flushesForL2: boolean;
}

export const UNENLIGHTENED_POLICY: EnlightenedPolicy = {
  offered: false,
  vmreadWhileActive: "no-current-vmcs",
  pointersWhileActive: "as-ever",
  acceptedVersions: [EVMCS_VERSION],
  hypercalls: false,
  synic: false,
  timers: false,
  referenceTime: false,
  flushesGuestPhysical: false,
  flushesForL2: false,
};
