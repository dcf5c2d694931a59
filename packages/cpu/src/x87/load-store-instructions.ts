import { type Executor, type Op, STATUS_ABORTED } from "../op.ts";
import type { Processor } from "../processor.ts";
import { memoryAddress } from "../system/operands.ts";
import { ACCESS_WRITE } from "../virtualization.ts";
import { loadFloat, loadInteger } from "./arithmetic-instructions.ts";
import { loaded, toDouble, toSingle } from "./convert-float.ts";
import { fromDecimal, toDecimal, toInteger, toIntegerTruncated } from "./convert-integer.ts";
import {
  beginOperation,
  faulted,
  finish,
  finishPush,
  finishWith,
  stackOverflow,
  stackUnderflow,
  waiting,
} from "./exceptions.ts";
import { loadImage, memoryOperand, registerOperand, storeImage, storeNumber } from "./memory.ts";
import { OE, type Operation, PE, UE } from "./operation.ts";
import { INDEFINITE, type Real, real } from "./real.ts";
import { isEmpty, isFull, pop, readStack, writeStack } from "./registers.ts";

function pushLoaded(c: Processor, i: Op, x: Operation, value: Real): number {
  return finishPush(c, i, x, isFull(c) ? stackOverflow(x) : value);
}

/** An 80-bit value in memory, unchanged. */
function loadReal(c: Processor, i: Op): Real | null {
  const image = loadImage(c, i, 10);
  if (image === null) return null;
  const head = image.getUint16(8, true);
  return real(head >>> 15, head & 0x7fff, image.getInt32(4, true), image.getInt32(0, true));
}

function loadRegister(c: Processor, i: Op, x: Operation): number {
  const n = registerOperand(i, 0);
  if (isEmpty(c, n)) return finishPush(c, i, x, stackUnderflow(x));
  return finishPush(c, i, x, isFull(c) ? stackOverflow(x) : readStack(c, n));
}

const fld: Executor = (c, i) => {
  const x = beginOperation(c);
  const memory = memoryOperand(i);
  if (memory === undefined) return loadRegister(c, i, x);
  const value = memory.size === 80 ? loadReal(c, i) : loaded(x, loadFloat(c, i, x));
  return value === null || faulted(c) ? STATUS_ABORTED : pushLoaded(c, i, x, value);
};

const fild: Executor = (c, i) => {
  const x = beginOperation(c);
  const value = loadInteger(c, i);
  return faulted(c) ? STATUS_ABORTED : pushLoaded(c, i, x, value);
};

const fbld: Executor = (c, i) => {
  const x = beginOperation(c);
  const image = loadImage(c, i, 10);
  return image === null ? STATUS_ABORTED : pushLoaded(c, i, x, fromDecimal(new Uint8Array(image.buffer)));
};

/** Stores ST(0) to a register. */
function storeRegister(c: Processor, i: Op, x: Operation, pops: boolean): number {
  const value = isEmpty(c, 0) ? stackUnderflow(x) : readStack(c, 0);
  return finishWith(c, i, x, registerOperand(i, 0), value, pops);
}

/** Writes a value to the memory operand after noting what the conversion raises. False when a fault is pending. */
type Store = (c: Processor, i: Op, x: Operation, value: Real) => boolean;

/** ST(0), or the indefinite, through a store; nothing is stored or popped if an unmasked exception forbids it. */
function storeTop(c: Processor, i: Op, x: Operation, pops: boolean, write: Store): number {
  const empty = isEmpty(c, 0);
  const value = empty ? stackUnderflow(x) : readStack(c, 0);
  if (!write(c, i, x, value)) return STATUS_ABORTED;
  if (empty) stackUnderflow(x);
  if (keepsOperand(x)) {
    x.flags &= ~PE;
    x.roundedUp = false;
  } else if (pops) pop(c);
  return finish(c, i, x);
}

/** Unmasked overflow and underflow of a store to memory leave the operands alone as well, and hide that the result is inexact. */
function keepsOperand(x: Operation): boolean {
  return x.refused || (x.flags & ~x.masks & (OE | UE)) !== 0;
}

/** What would be stored is not, but the operand must be writable. False when a fault is pending. */
function probeStore(c: Processor, i: Op, bytes: number): boolean {
  const low = memoryAddress(c, i, bytes, ACCESS_WRITE);
  return !faulted(c) && c.probeWrite(low, c.hi, bytes);
}

const storeFloat: Store = (c, i, x, value) => {
  const bytes = memoryOperand(i)!.size / 8;
  if (bytes === 4) toSingle(x, value);
  else toDouble(x, value);
  return keepsOperand(x) ? probeStore(c, i, bytes) : storeNumber(c, i, bytes, x.low, x.high);
};

const storeReal: Store = (c, i, x, value) => {
  if (x.refused) return probeStore(c, i, 10);
  const image = new DataView(new ArrayBuffer(10));
  image.setInt32(0, value.low, true);
  image.setInt32(4, value.high, true);
  image.setUint16(8, (value.sign << 15) | value.exponent, true);
  return storeImage(c, i, image);
};

function storeInteger(convert: typeof toInteger): Store {
  return (c, i, x, value) => {
    const { size } = memoryOperand(i)!;
    convert(x, value, size as 16 | 32 | 64);
    return keepsOperand(x) ? probeStore(c, i, size / 8) : storeNumber(c, i, size / 8, x.low, x.high);
  };
}

const storeDecimal: Store = (c, i, x, value) => {
  const bytes = toDecimal(x, value);
  return keepsOperand(x) ? probeStore(c, i, 10) : storeImage(c, i, new DataView(bytes.buffer));
};

function fst(pops: boolean): Executor {
  return (c, i) => {
    const x = beginOperation(c);
    const memory = memoryOperand(i);
    if (memory === undefined) return storeRegister(c, i, x, pops);
    return storeTop(c, i, x, pops, memory.size === 80 ? storeReal : storeFloat);
  };
}

function fist(pops: boolean, convert: typeof toInteger): Executor {
  const store = storeInteger(convert);
  return (c, i) => storeTop(c, i, beginOperation(c), pops, store);
}

const fxch: Executor = (c, i) => {
  const x = beginOperation(c);
  const n = registerOperand(i, 1);
  const underflow = isEmpty(c, 0) || isEmpty(c, n);
  const [a, b] = [0, n].map((k) => (isEmpty(c, k) ? INDEFINITE : readStack(c, k)));
  if (underflow) stackUnderflow(x);
  if (x.refused) return finish(c, i, x);
  writeStack(c, 0, b!);
  writeStack(c, n, a!);
  return finish(c, i, x);
};

/** FSTPNCE: FSTP that takes an empty register for a full one without complaint, and leaves the destination alone then. */
const fstpnce: Executor = (c, i) => {
  const x = beginOperation(c);
  if (!isEmpty(c, 0)) return storeRegister(c, i, x, true);
  pop(c);
  return finish(c, i, x);
};

/** FLD, FST, FILD, FIST, FISTTP, FBLD, FBSTP, FXCH. SDM 2 "Instruction Set Reference". */
export const X87_LOADS_AND_STORES: Readonly<Record<string, Executor>> = {
  fld: waiting(fld),
  fild: waiting(fild),
  fbld: waiting(fbld),
  fst: waiting(fst(false)),
  fstp: waiting(fst(true)),
  fist: waiting(fist(false, toInteger)),
  fistp: waiting(fist(true, toInteger)),
  fisttp: waiting(fist(true, toIntegerTruncated)),
  fbstp: waiting((c, i) => storeTop(c, i, beginOperation(c), true, storeDecimal)),
  fstpnce: waiting(fstpnce),
  fxch: waiting(fxch),
};
