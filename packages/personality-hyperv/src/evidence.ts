import type { Evidence } from "@hvdiff/personality";

const LOOKED_AT = "2026-11-21";

/** A page of the Hypervisor Top-Level Functional Specification. */
export function specification(page: string): Evidence {
  return { kind: "document", title: `Hypervisor Top-Level Functional Specification, "${page}"`, date: LOOKED_AT };
}
