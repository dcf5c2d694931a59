import * as F from "../fields.ts";
import type { EntryCheck } from "./check.ts";
import { isNonCanonical } from "./value-tests.ts";

const TABLES = {
  sdm: '3C "Checks on Guest Descriptor-Table Registers"',
  group: "guest",
  looksAt: "registers",
} as const;

/** Checks on guest GDTR and IDTR. */
export const GUEST_TABLE_CHECKS: readonly EntryCheck[] = [
  { ...TABLES, id: "guest.gdtr.base", violated: (c) => isNonCanonical(c, F.GUEST_GDTR_BASE) },
  { ...TABLES, id: "guest.idtr.base", violated: (c) => isNonCanonical(c, F.GUEST_IDTR_BASE) },
  { ...TABLES, id: "guest.gdtr.limit", violated: (c) => c.v.lo(F.GUEST_GDTR_LIMIT) >>> 16 !== 0 },
  { ...TABLES, id: "guest.idtr.limit", violated: (c) => c.v.lo(F.GUEST_IDTR_LIMIT) >>> 16 !== 0 },
];
