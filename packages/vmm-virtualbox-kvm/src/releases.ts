import type { Release } from "@hvdiff/personality";

/** Public releases are named by their date. Nested virtualization came with the first one here. */
export const VIRTUALBOX_KVM_RELEASES: readonly Release[] = [{ version: "20240502", date: "2024-05-02" }];
