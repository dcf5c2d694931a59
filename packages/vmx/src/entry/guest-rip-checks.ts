import * as C from "../control-bits.ts";
import * as F from "../fields.ts";
import type { EntryCheck, EntryCheckContext } from "./check.ts";
import { isNonCanonical } from "./value-tests.ts";

const RIP = { sdm: '3C "Checks on Guest RIP, RFLAGS, and SSP"', group: "guest" } as const;

const CS_LONG = 1 << 13;
const RFLAGS_FIXED = 2;
const RFLAGS_RESERVED = 0xffc08028;
const RFLAGS_IF = 1 << 9;
const CR0_PE = 1;
const TYPE_EXTERNAL_INTERRUPT = 0;

function is64BitMode(c: EntryCheckContext): boolean {
  return c.isLongModeGuest && (c.v.lo(F.GUEST_CS_ACCESS_RIGHTS) & CS_LONG) !== 0;
}

function loadsCet(c: EntryCheckContext): boolean {
  return (c.entry & C.ENTRY_LOAD_CET_STATE) !== 0;
}

/** Bits above the linear-address width must be equal to each other, but not to the bit below: the first fetch finds that out. */
function hasUnequalHighBits(c: EntryCheckContext): boolean {
  const top = c.v.hi(F.GUEST_RIP) >> (c.capabilities.linearAddressWidth - 32);
  return top !== 0 && top !== -1;
}

/** Checks on guest RIP, RFLAGS and SSP. */
export const GUEST_RIP_CHECKS: readonly EntryCheck[] = [
  { ...RIP, id: "guest.rip.high", violated: (c) => !is64BitMode(c) && c.v.hi(F.GUEST_RIP) !== 0 },
  { ...RIP, id: "guest.rip.canonical", violated: (c) => is64BitMode(c) && hasUnequalHighBits(c) },
  {
    ...RIP,
    id: "guest.rflags.reserved",
    violated: (c) =>
      (c.rflags & RFLAGS_RESERVED) !== 0 || (c.rflags & RFLAGS_FIXED) === 0 || c.v.hi(F.GUEST_RFLAGS) !== 0,
  },
  {
    ...RIP,
    id: "guest.rflags.virtual8086",
    violated: (c) => c.isVirtual8086 && (c.isLongModeGuest || (c.cr0 & CR0_PE) === 0),
  },
  {
    ...RIP,
    id: "guest.rflags.interruptFlag",
    violated: (c) =>
      c.isInjecting && ((c.injection >>> 8) & 7) === TYPE_EXTERNAL_INTERRUPT && (c.rflags & RFLAGS_IF) === 0,
  },
  { ...RIP, id: "guest.ssp.aligned", violated: (c) => loadsCet(c) && (c.v.lo(F.GUEST_SSP) & 3) !== 0 },
  {
    ...RIP,
    id: "guest.ssp.high",
    violated: (c) => loadsCet(c) && !is64BitMode(c) && c.v.hi(F.GUEST_SSP) !== 0,
  },
  {
    ...RIP,
    id: "guest.ssp.canonical",
    violated: (c) => loadsCet(c) && is64BitMode(c) && isNonCanonical(c, F.GUEST_SSP),
  },
];
