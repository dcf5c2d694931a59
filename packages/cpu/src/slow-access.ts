import { isInAccessPage, probeAccessPage, readAccessPage, writeAccessPage } from "./apic/access-page.ts";
import { readApicPage, writeApicPage } from "./apic/register-access.ts";
import { breakpointsEnabled, noteDataAccess } from "./debug-registers.ts";
import { ADDRESS_FAULT, ADDRESS_MMIO } from "./mmu.ts";
import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";
import { checksAlignment, tlbPart } from "./tlb-part.ts";
import { ACCESS_READ, ACCESS_WRITE } from "./virtualization.ts";

/*
 * Linear accesses that miss the fast path of `Processor`: not in the TLB, crossing a page, to a device or to where nothing is.
 */

const PAGE_LAST = 0xfff;
const EXCEPTION_AC = 17;

/**
 * Proves that a store of `size` bytes would succeed, without storing: for read-modify-write and multi-part instructions.
 * False when a fault is pending.
 */
export function probeWrite(c: Processor, low: number, high: number, size: number): boolean {
  const user = c.s[S.CPL] === 3;
  const at = offsetFor(c, low, high, ACCESS_WRITE, user);
  if (at === ADDRESS_FAULT || isMisaligned(c, low, size, user)) return false;
  const { physical } = c.mmu;
  if (at === ADDRESS_MMIO && isInAccessPage(c, physical) && !probeAccessPage(c, physical % 4096, size)) return false;
  const room = 4096 - (low & PAGE_LAST);
  if (size <= room) return true;
  // CR2 is to name the first byte of the second page.
  return offsetFor(c, (low + room) | 0, carryInto(c, low, high, room), ACCESS_WRITE, user) !== ADDRESS_FAULT;
}

function carryInto(c: Processor, low: number, high: number, step: number): number {
  return (low >>> 0) + step > 0xffffffff && c.in64BitMode ? (high + 1) | 0 : high;
}

/** TLB look-up and walk for one byte; checks that the address is canonical. */
function offsetFor(
  c: Processor,
  low: number,
  high: number,
  access: typeof ACCESS_READ | typeof ACCESS_WRITE,
  user: boolean,
): number {
  const entry = tlbPart(c, user) + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
  if (c.s[entry + access] === (low & ~PAGE_LAST) && c.s[entry + 3] === high) return c.s[entry + 4]! + (low & PAGE_LAST);
  if (!c.isCanonical(high)) {
    c.raise(13, 0);
    c.nonCanonical = true;
    return ADDRESS_FAULT;
  }
  return c.mmu.translate(low, high, access, user);
}

/** Whether user code that must align its data did not: #AC(0) is pending then. */
function isMisaligned(c: Processor, low: number, size: number, user: boolean): boolean {
  if ((low & (size - 1)) === 0 || !user || !checksAlignment(c)) return false;
  c.raise(EXCEPTION_AC, 0);
  return true;
}

/** A load with the given privilege, any alignment. */
export function loadAs(c: Processor, low: number, high: number, size: number, user: boolean): number {
  const value = loadBytes(c, low, high, size, user);
  if (breakpointsEnabled(c.s) && c.fault === 0) noteDataAccess(c, low, high, size, false);
  if (c.watcher !== null && c.fault === 0) c.watcher(low, high, size, false);
  return value;
}

function loadBytes(c: Processor, low: number, high: number, size: number, user: boolean): number {
  const room = 4096 - (low & PAGE_LAST);
  const at = offsetFor(c, low, high, ACCESS_READ, user);
  if (at === ADDRESS_FAULT || isMisaligned(c, low, size, user)) return 0;
  if (size <= room) return readAt(c, at, c.mmu.physical, size);
  const nextLow = (low + room) | 0;
  const physical = c.mmu.physical;
  const second = offsetFor(c, nextLow, carryInto(c, low, high, room), ACCESS_READ, user);
  if (second === ADDRESS_FAULT) return 0;
  return joinBytes(c, at, physical, room, second, c.mmu.physical, size);
}

function joinBytes(
  c: Processor,
  first: number,
  firstPhysical: number,
  room: number,
  second: number,
  secondPhysical: number,
  size: number,
): number {
  let lo = 0;
  let hi = 0;
  for (let i = 0; i < size; i++) {
    const byte =
      i < room
        ? readAt(c, first < 0 ? first : first + i, firstPhysical + i, 1)
        : readAt(c, second < 0 ? second : second + i - room, secondPhysical + i - room, 1);
    if (i < 4) lo |= byte << (8 * i);
    else hi |= byte << (8 * (i - 4));
  }
  c.hi = hi;
  return lo;
}

/** Reads `size` bytes within a page at a buffer offset, or through the bus at `physical`. */
function readAt(c: Processor, at: number, physical: number, size: number): number {
  if (at >= 0) {
    if (size === 1) return c.bytes[at]!;
    if (size === 2) return c.view.getUint16(at, true);
    if (size === 8) c.hi = c.view.getInt32(at + 4, true);
    return c.view.getInt32(at, true);
  }
  if (at === ADDRESS_MMIO) return readDevice(c, physical, size);
  c.hi = -1;
  return size === 1 ? 0xff : size === 2 ? 0xffff : -1;
}

/** A load by devices' rules: of the local APIC's page, which lies over whatever is there, or of a memory-mapped device. */
function readDevice(c: Processor, physical: number, size: number): number {
  // A VM exit that the first part of the access has made.
  if (c.fault !== 0) return 0;
  c.outsideAccesses++;
  if (isInAccessPage(c, physical)) return readAccessPage(c, physical % 4096, size);
  if (physical - (physical & PAGE_LAST) === c.apic.page) {
    if (size === 8) c.hi = readApicPage(c, (physical & PAGE_LAST) + 4, 4);
    return readApicPage(c, physical & PAGE_LAST, Math.min(size, 4));
  }
  const device = c.memory.mmioAt(Math.floor(physical / 4096))!;
  const offset = device.offset + (physical % 4096);
  if (size < 8) return device.handler.read(offset, size) | 0;
  c.hi = device.handler.read(offset + 4, 4) | 0;
  return device.handler.read(offset, 4) | 0;
}

/** A store with the given privilege, any alignment; nothing is written when either page faults. */
export function storeAs(
  c: Processor,
  low: number,
  high: number,
  size: number,
  value: number,
  valueHigh: number,
  user: boolean,
): void {
  storeBytes(c, low, high, size, value, valueHigh, user);
  if (breakpointsEnabled(c.s) && c.fault === 0) noteDataAccess(c, low, high, size, true);
  if (c.watcher !== null && c.fault === 0) c.watcher(low, high, size, true);
}

function storeBytes(
  c: Processor,
  low: number,
  high: number,
  size: number,
  value: number,
  valueHigh: number,
  user: boolean,
): void {
  const room = 4096 - (low & PAGE_LAST);
  const at = offsetFor(c, low, high, ACCESS_WRITE, user);
  if (at === ADDRESS_FAULT || isMisaligned(c, low, size, user)) return;
  const physical = c.mmu.physical;
  if (size <= room) {
    writeAt(c, at, physical, size, value, valueHigh);
    return;
  }
  const second = offsetFor(c, (low + room) | 0, carryInto(c, low, high, room), ACCESS_WRITE, user);
  if (second === ADDRESS_FAULT) return;
  const secondPhysical = c.mmu.physical;
  for (let i = 0; i < size; i++) {
    const byte = i < 4 ? (value >>> (8 * i)) & 0xff : (valueHigh >>> (8 * (i - 4))) & 0xff;
    if (i < room) writeByte(c, at, physical, i, byte);
    else writeByte(c, second, secondPhysical, i - room, byte);
  }
}

/** Writes a byte some bytes behind a buffer offset, or through the bus behind `physical`. */
function writeByte(c: Processor, at: number, physical: number, distance: number, byte: number): void {
  writeAt(c, at < 0 ? at : at + distance, physical + distance, 1, byte, 0);
}

function writeAt(c: Processor, at: number, physical: number, size: number, value: number, valueHigh: number): void {
  if (at >= 0) {
    if (c.memory.noteStore(at, size)) c.translationEpoch++;
    if (size === 1) c.bytes[at] = value;
    else if (size === 2) c.view.setInt16(at, value, true);
    else c.view.setInt32(at, value, true);
    if (size === 8) c.view.setInt32(at + 4, valueHigh, true);
  } else if (at === ADDRESS_MMIO) writeDevice(c, physical, size, value, valueHigh);
}

/** A store by devices' rules. What it set off, such as an interrupt, is looked at before the next instruction. */
function writeDevice(c: Processor, physical: number, size: number, value: number, valueHigh: number): void {
  if (c.fault !== 0) return;
  c.outsideAccesses++;
  c.translationEpoch++;
  if (isInAccessPage(c, physical)) {
    writeAccessPage(c, physical % 4096, size, value);
    return;
  }
  if (physical - (physical & PAGE_LAST) === c.apic.page) {
    writeApicPage(c, physical & PAGE_LAST, size, value);
    return;
  }
  const device = c.memory.mmioAt(Math.floor(physical / 4096))!;
  const offset = device.offset + (physical % 4096);
  device.handler.write(offset, Math.min(size, 4), value);
  if (size === 8) device.handler.write(offset + 4, 4, valueHigh);
}
