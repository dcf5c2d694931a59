import type { MsrDef } from "./msr-fields.ts";
import { MSRS } from "./msrs-table.ts";

/** Name of an MSR; a misspelt one is a compile error. */
export type MsrName = keyof typeof MSRS;

/** All MSR names, ascending by address. */
export const MSR_NAMES = Object.keys(MSRS) as readonly MsrName[];

/** The 256 addresses of the local APIC's registers in x2APIC mode. */
export const X2APIC_MSR_RANGE = {
  first: 0x800,
  last: 0x8ff,
  sdm: '3A "x2APIC Register Address Space"',
} as const;

const BY_ADDRESS = new Map<number, MsrName>(MSR_NAMES.map((name) => [MSRS[name].address, name]));

/** The record of an MSR with its optional parts visible to the type checker. */
export function msrDef(name: MsrName): MsrDef {
  return MSRS[name];
}

/** Name of the MSR at an address; undefined where the table has none. */
export function msrName(address: number): MsrName | undefined {
  return BY_ADDRESS.get(address >>> 0);
}

/** Address of an MSR. */
export function msrAddress(name: MsrName): number {
  return MSRS[name].address;
}
