import { MSRS, type MsrFieldDef } from "@hvdiff/spec";
import type { CapabilitySource } from "./caps-sources.ts";

const FIELDS: readonly MsrFieldDef[] = Object.values(MSRS.IA32_EFER.fields);

/** Software finds these out by writing them: a bit that the processor does not offer is a fault. (APM 2 "Extended Feature Enable Register (EFER)") */
export const EFER_SOURCE: CapabilitySource = {
  title: "EFER bits that may be 1",
  source: "IA32_EFER, as written",
  bits: FIELDS.map(({ low, title }) => ({ bit: low, label: title, name: title })),
  fields: [],
  raw: ({ efer }) => (efer === undefined ? null : BigInt(efer)),
  stateOf: ({ efer = 0 }, bit) => (((efer >>> bit) & 1) === 0 ? "no" : "yes"),
};
