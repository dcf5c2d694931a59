import * as F from "../fields.ts";

/** The four VMCS fields of one guest segment register. */
export interface GuestSegmentFields {
  readonly name: string;
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  readonly access: number;
}

function segment(name: string, selector: number, base: number, limit: number, access: number): GuestSegmentFields {
  return { name, selector, base, limit, access };
}

/** In the order of the processor's state and of the encodings: ES CS SS DS FS GS LDTR TR. */
export const GUEST_SEGMENTS: readonly GuestSegmentFields[] = [
  segment("es", F.GUEST_ES_SELECTOR, F.GUEST_ES_BASE, F.GUEST_ES_LIMIT, F.GUEST_ES_ACCESS_RIGHTS),
  segment("cs", F.GUEST_CS_SELECTOR, F.GUEST_CS_BASE, F.GUEST_CS_LIMIT, F.GUEST_CS_ACCESS_RIGHTS),
  segment("ss", F.GUEST_SS_SELECTOR, F.GUEST_SS_BASE, F.GUEST_SS_LIMIT, F.GUEST_SS_ACCESS_RIGHTS),
  segment("ds", F.GUEST_DS_SELECTOR, F.GUEST_DS_BASE, F.GUEST_DS_LIMIT, F.GUEST_DS_ACCESS_RIGHTS),
  segment("fs", F.GUEST_FS_SELECTOR, F.GUEST_FS_BASE, F.GUEST_FS_LIMIT, F.GUEST_FS_ACCESS_RIGHTS),
  segment("gs", F.GUEST_GS_SELECTOR, F.GUEST_GS_BASE, F.GUEST_GS_LIMIT, F.GUEST_GS_ACCESS_RIGHTS),
  segment("ldtr", F.GUEST_LDTR_SELECTOR, F.GUEST_LDTR_BASE, F.GUEST_LDTR_LIMIT, F.GUEST_LDTR_ACCESS_RIGHTS),
  segment("tr", F.GUEST_TR_SELECTOR, F.GUEST_TR_BASE, F.GUEST_TR_LIMIT, F.GUEST_TR_ACCESS_RIGHTS),
];
