import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { rightsOf } from "./descriptors.ts";
import { GP, inRealMode, inVirtual8086 } from "./exceptions.ts";
import { baseWord, loadSystem } from "./system-memory.ts";

const TSS32 = 8;
const BITMAP_POINTER = 0x66;

/** Whether `size` bytes of ports may be accessed: IOPL, else the TSS's bitmap. False when #GP(0) (or a page fault) is pending. */
export function mayAccessPort(c: Processor, port: number, size: number): boolean {
  const iopl = (c.s[S.FLAG_SYSTEM]! >>> 12) & 3;
  if (inRealMode(c) || (c.s[S.CPL]! <= iopl && !inVirtual8086(c))) return true;
  if (bitmapAllows(c, port, size)) return true;
  if (c.fault === FAULT_NONE) c.raise(GP, 0);
  return false;
}

function bitmapAllows(c: Processor, port: number, size: number): boolean {
  const limit = c.s[S.SEGMENTS + S.TR * S.SEGMENT_STRIDE + S.SEGMENT_LIMIT]! >>> 0;
  if ((rightsOf(c, S.TR) & TSS32) === 0 || limit < BITMAP_POINTER + 1) return false;
  const start = loadSystem(c, baseWord(S.TR), BITMAP_POINTER, 2) & 0xffff;
  if (c.fault !== FAULT_NONE) return false;
  const at = start + (port >>> 3);
  if (at + 1 > limit) return false;
  const bits = loadSystem(c, baseWord(S.TR), at, 2);
  return c.fault === FAULT_NONE && ((bits >>> (port & 7)) & ((1 << size) - 1)) === 0;
}
