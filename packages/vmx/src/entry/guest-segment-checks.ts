import * as F from "../fields.ts";
import type { EntryCheck, EntryCheckContext } from "./check.ts";
import { GUEST_SEGMENTS, type GuestSegmentFields } from "./guest-segment-fields.ts";
import { isNonCanonical } from "./value-tests.ts";

const SEGMENT = { sdm: '3C "Checks on Guest Segment Registers"', group: "guest", looksAt: "segments" } as const;

const UNUSABLE = 1 << 16;
const CODE_OR_DATA = 1 << 4;
const PRESENT = 1 << 7;
const LONG = 1 << 13;
const DEFAULT_BIG = 1 << 14;
const GRANULARITY = 1 << 15;
const RESERVED = 0xfffe0f00;
const VIRTUAL_8086_ACCESS = 0xf3;
const VIRTUAL_8086_LIMIT = 0xffff;
const CR0_PE = 1;

const [ES, CS, SS, DS, FS, GS, LDTR, TR] = GUEST_SEGMENTS as readonly [
  GuestSegmentFields,
  GuestSegmentFields,
  GuestSegmentFields,
  GuestSegmentFields,
  GuestSegmentFields,
  GuestSegmentFields,
  GuestSegmentFields,
  GuestSegmentFields,
];
const CODE_AND_DATA = [CS, SS, DS, ES, FS, GS];
const DATA = [DS, ES, FS, GS];

type Predicate = (c: EntryCheckContext, segment: GuestSegmentFields) => boolean;

function checksOf(segments: readonly GuestSegmentFields[], what: string, violated: Predicate): EntryCheck[] {
  return segments.map((segment) => ({
    ...SEGMENT,
    id: `guest.${segment.name}.${what}`,
    violated: (c) => violated(c, segment),
  }));
}

function accessOf(c: EntryCheckContext, segment: GuestSegmentFields): number {
  return c.v.lo(segment.access);
}

/** Whether the access-rights checks outside virtual-8086 mode apply: CS always, the others while usable. */
function isChecked(c: EntryCheckContext, segment: GuestSegmentFields): boolean {
  return !c.isVirtual8086 && (segment === CS || (accessOf(c, segment) & UNUSABLE) === 0);
}

function isUsable(c: EntryCheckContext, segment: GuestSegmentFields): boolean {
  return (accessOf(c, segment) & UNUSABLE) === 0;
}

function dpl(access: number): number {
  return (access >>> 5) & 3;
}

function isGranularityWrong(c: EntryCheckContext, segment: GuestSegmentFields): boolean {
  const limit = c.v.lo(segment.limit);
  const granular = (accessOf(c, segment) & GRANULARITY) !== 0;
  return ((limit & 0xfff) !== 0xfff && granular) || (limit >>> 20 !== 0 && !granular);
}

function isCodeTypeWrong(c: EntryCheckContext): boolean {
  const type = accessOf(c, CS) & 0xf;
  const accessedCode = (type & 9) === 9;
  return !accessedCode && !(type === 3 && c.isUnrestrictedGuest);
}

function isStackTypeWrong(c: EntryCheckContext): boolean {
  const type = accessOf(c, SS) & 0xf;
  return type !== 3 && type !== 7;
}

function isDataTypeWrong(c: EntryCheckContext, segment: GuestSegmentFields): boolean {
  const type = accessOf(c, segment) & 0xf;
  return (type & 1) === 0 || ((type & 8) !== 0 && (type & 2) === 0);
}

function isCodePrivilegeWrong(c: EntryCheckContext): boolean {
  const access = accessOf(c, CS);
  const type = access & 0xf;
  const stack = dpl(accessOf(c, SS));
  if (type === 3) return dpl(access) !== 0;
  if (type === 9 || type === 11) return dpl(access) !== stack;
  return (type === 13 || type === 15) && dpl(access) > stack;
}

function isStackPrivilegeWrong(c: EntryCheckContext): boolean {
  const privilege = dpl(accessOf(c, SS));
  if (!c.isUnrestrictedGuest && privilege !== (c.v.lo(F.GUEST_SS_SELECTOR) & 3)) return true;
  const flat = (accessOf(c, CS) & 0xf) === 3 || (c.cr0 & CR0_PE) === 0;
  return flat && privilege !== 0;
}

function isDataPrivilegeWrong(c: EntryCheckContext, segment: GuestSegmentFields): boolean {
  const access = accessOf(c, segment);
  return !c.isUnrestrictedGuest && (access & 0xf) <= 11 && dpl(access) < (c.v.lo(segment.selector) & 3);
}

function isTaskTypeWrong(c: EntryCheckContext): boolean {
  const type = accessOf(c, TR) & 0xf;
  return type !== 11 && (c.isLongModeGuest || type !== 3);
}

function hasHighBase(c: EntryCheckContext, segment: GuestSegmentFields): boolean {
  return c.v.hi(segment.base) !== 0;
}

function isNotParagraph(c: EntryCheckContext, segment: GuestSegmentFields): boolean {
  return c.v.lo(segment.base) !== c.v.lo(segment.selector) << 4 || hasHighBase(c, segment);
}

/** Checks on guest segment registers, by subfield and then by register as the manual orders them. */
export const GUEST_SEGMENT_CHECKS: readonly EntryCheck[] = [
  ...checksOf([TR], "selector.tableIndicator", (c, s) => (c.v.lo(s.selector) & 4) !== 0),
  ...checksOf([LDTR], "selector.tableIndicator", (c, s) => isUsable(c, s) && (c.v.lo(s.selector) & 4) !== 0),
  ...checksOf(
    [SS],
    "selector.privilege",
    (c, s) =>
      !c.isVirtual8086 && !c.isUnrestrictedGuest && ((c.v.lo(s.selector) ^ c.v.lo(F.GUEST_CS_SELECTOR)) & 3) !== 0,
  ),
  ...checksOf(CODE_AND_DATA, "base.virtual8086", (c, s) => c.isVirtual8086 && isNotParagraph(c, s)),
  ...checksOf([TR, FS, GS], "base.canonical", (c, s) => isNonCanonical(c, s.base)),
  ...checksOf([LDTR], "base.canonical", (c, s) => isUsable(c, s) && isNonCanonical(c, s.base)),
  ...checksOf([CS], "base.high", hasHighBase),
  ...checksOf([SS, DS, ES], "base.high", (c, s) => isUsable(c, s) && hasHighBase(c, s)),
  ...checksOf(CODE_AND_DATA, "limit.virtual8086", (c, s) => c.isVirtual8086 && c.v.lo(s.limit) !== VIRTUAL_8086_LIMIT),
  ...checksOf(CODE_AND_DATA, "access.virtual8086", (c, s) => c.isVirtual8086 && accessOf(c, s) !== VIRTUAL_8086_ACCESS),
  ...checksOf([CS], "access.type", (c) => !c.isVirtual8086 && isCodeTypeWrong(c)),
  ...checksOf([SS], "access.type", (c, s) => isChecked(c, s) && isStackTypeWrong(c)),
  ...checksOf(DATA, "access.type", (c, s) => isChecked(c, s) && isDataTypeWrong(c, s)),
  ...checksOf(CODE_AND_DATA, "access.system", (c, s) => isChecked(c, s) && (accessOf(c, s) & CODE_OR_DATA) === 0),
  ...checksOf([CS], "access.privilege", (c) => !c.isVirtual8086 && isCodePrivilegeWrong(c)),
  ...checksOf([SS], "access.privilege", (c) => !c.isVirtual8086 && isStackPrivilegeWrong(c)),
  ...checksOf(DATA, "access.privilege", (c, s) => isChecked(c, s) && isDataPrivilegeWrong(c, s)),
  ...checksOf(CODE_AND_DATA, "access.present", (c, s) => isChecked(c, s) && (accessOf(c, s) & PRESENT) === 0),
  ...checksOf(CODE_AND_DATA, "access.reserved", (c, s) => isChecked(c, s) && (accessOf(c, s) & RESERVED) !== 0),
  ...checksOf(
    [CS],
    "access.defaultBig",
    (c, s) =>
      !c.isVirtual8086 && c.isLongModeGuest && (accessOf(c, s) & LONG) !== 0 && (accessOf(c, s) & DEFAULT_BIG) !== 0,
  ),
  ...checksOf(CODE_AND_DATA, "access.granularity", (c, s) => isChecked(c, s) && isGranularityWrong(c, s)),
  ...checksOf([TR], "access.type", isTaskTypeWrong),
  ...checksOf([TR], "access.system", (c, s) => (accessOf(c, s) & CODE_OR_DATA) !== 0),
  ...checksOf([TR], "access.present", (c, s) => (accessOf(c, s) & PRESENT) === 0),
  ...checksOf([TR], "access.reserved", (c, s) => (accessOf(c, s) & RESERVED) !== 0),
  ...checksOf([TR], "access.granularity", isGranularityWrong),
  ...checksOf([TR], "access.unusable", (c, s) => !isUsable(c, s)),
  ...checksOf([LDTR], "access.type", (c, s) => isUsable(c, s) && (accessOf(c, s) & 0xf) !== 2),
  ...checksOf([LDTR], "access.system", (c, s) => isUsable(c, s) && (accessOf(c, s) & CODE_OR_DATA) !== 0),
  ...checksOf([LDTR], "access.present", (c, s) => isUsable(c, s) && (accessOf(c, s) & PRESENT) === 0),
  ...checksOf([LDTR], "access.reserved", (c, s) => isUsable(c, s) && (accessOf(c, s) & RESERVED) !== 0),
  ...checksOf([LDTR], "access.granularity", (c, s) => isUsable(c, s) && isGranularityWrong(c, s)),
];
