import type { MemoryOperand } from "../decode/instruction.ts";
import type { Op } from "../op.ts";
import type { Processor } from "../processor.ts";
import { displaced } from "../system/linear-bytes.ts";
import { load, memoryAddress, store } from "../system/operands.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import { faulted } from "./exceptions.ts";

/** The memory operand of an instruction; undefined for register forms. */
export function memoryOperand(i: Op): MemoryOperand | undefined {
  const [first] = i.instruction.operands;
  return first?.kind === "memory" ? first : undefined;
}

/** Number of the x87 register that operand `k` names. */
export function registerOperand(i: Op, k: number): number {
  const operand = i.instruction.operands[k];
  return operand?.kind === "register" ? operand.index : 0;
}

/** Loads the memory operand of 2, 4 or 8 bytes: low half; the high half is in `c.hi`. A fault may be pending. */
export function loadNumber(c: Processor, i: Op, bytes: number): number {
  const low = memoryAddress(c, i, bytes, ACCESS_READ);
  return faulted(c) ? 0 : load(c, low, c.hi, bytes);
}

/** Stores to the memory operand of 2, 4 or 8 bytes. False when a fault is pending. */
export function storeNumber(c: Processor, i: Op, bytes: number, low: number, high: number): boolean {
  const at = memoryAddress(c, i, bytes, ACCESS_WRITE);
  if (!faulted(c)) store(c, at, c.hi, bytes, low, high);
  return !faulted(c);
}

/** Loads a memory operand of any even size. Null when a fault is pending. */
export function loadImage(c: Processor, i: Op, bytes: number): DataView | null {
  const low = memoryAddress(c, i, bytes, ACCESS_READ);
  if (faulted(c)) return null;
  const high = c.hi;
  const image = new DataView(new ArrayBuffer(bytes));
  for (let at = 0; at < bytes; at += 2) {
    const part = displaced(c, low, high, at);
    image.setUint16(at, c.load16(part, c.hi), true);
    if (faulted(c)) return null;
  }
  return image;
}

/** Stores an image of any even size to the memory operand, all of it or nothing. False when a fault is pending. */
export function storeImage(c: Processor, i: Op, image: DataView): boolean {
  const low = memoryAddress(c, i, image.byteLength, ACCESS_WRITE);
  if (faulted(c)) return false;
  const high = c.hi;
  if (!c.probeWrite(low, high, image.byteLength)) return false;
  for (let at = 0; at < image.byteLength; at += 2) {
    const part = displaced(c, low, high, at);
    c.store16(part, c.hi, image.getUint16(at, true));
    if (faulted(c)) return false;
  }
  return true;
}
