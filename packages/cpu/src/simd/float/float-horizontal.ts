import { add32, multiply32, subtract32 } from "../../float/binary32.ts";
import { add64, multiply64, subtract64 } from "../../float/binary64.ts";
import { STATUS_ABORTED, STATUS_NEXT } from "../../op.ts";
import type { Processor } from "../../processor.ts";
import { A, B, R } from "../lanes.ts";
import type { VectorCompiler } from "../vector-instruction.ts";
import { isReady } from "../vector-need.ts";
import { readVector, writeVector } from "../vector-operands.ts";
import { beginFloat, type ElementBytes, SLOTS, settleFloat, unit } from "./float-execution.ts";
import { type BinaryElement, packedBinary, packedOperands } from "./float-shapes.ts";

/** Even elements by one operation, odd ones by the other. Slots of all lanes begin at even numbers. */
function alternating(even: BinaryElement, odd: BinaryElement): BinaryElement {
  return (u, x, y, z) => ((z & 1) === 0 ? even : odd)(u, x, y, z);
}

/** In each 128-bit lane: neighbours in the first source, then neighbours in the second one. */
function horizontal(size: ElementBytes, kernel: BinaryElement): VectorCompiler {
  const inLane = 16 / size;
  const half = inLane / 2;
  const slots = SLOTS[size];
  // The same shape, told which neighbours to take by the slot of the result.
  const element: BinaryElement = (u, _x, _y, z) => {
    const n = z - slots.r;
    const lane = n - (n % inLane);
    const inHalf = n % half;
    const from = (n % inLane < half ? slots.a : slots.b) + lane + 2 * inHalf;
    kernel(u, from, from + 1, z);
  };
  return packedBinary(size, element);
}

/** One step of a dot product: z gets kernel(x, y) in every 128-bit lane. Slots are those of the first lane. */
type Step = (kernel: BinaryElement, x: number, y: number, z: number) => void;

function stepOver(lanes: number, inLane: number): Step {
  return (kernel, x, y, z) => {
    for (let n = 0; n < lanes; n++) kernel(unit, x + n * inLane, y + n * inLane, z + n * inLane);
  };
}

/** Products that the high bits of the immediate select; the others are +0 and no exception. */
function products(step: Step, size: ElementBytes, kernel: BinaryElement, immediate: number): void {
  const { a, b, spare } = SLOTS[size];
  for (let n = 0; n < 16 / size; n++) {
    const selected = ((immediate >> (4 + n)) & 1) === 1;
    step(selected ? kernel : clear(size), a + n, b + n, spare + n);
  }
}

function clear(size: ElementBytes): BinaryElement {
  return size === 4 ? clear32 : clear64;
}

const clear32: BinaryElement = (u, _x, _y, z) => {
  u.i32[z] = 0;
};

const clear64: BinaryElement = (u, _x, _y, z) => {
  u.f64[z] = 0;
};

/** Whether the exceptions of a step let the next one happen: they are determined step by step (SDM 2A "DPPS"). */
function settleStep(c: Processor): boolean {
  const settled = settleFloat(c);
  unit.flags = 0;
  return settled;
}

/** Sums in the first spare slot of each lane. False if an exception is pending. */
type DotProduct = (c: Processor, step: Step, immediate: number) => boolean;

const dotProduct32: DotProduct = (c, step, immediate) => {
  const { spare } = SLOTS[4];
  products(step, 4, multiply32, immediate);
  if (!settleStep(c)) return false;
  step(add32, spare, spare + 1, spare);
  step(add32, spare + 2, spare + 3, spare + 1);
  if (!settleStep(c)) return false;
  step(add32, spare, spare + 1, spare);
  return settleStep(c);
};

const dotProduct64: DotProduct = (c, step, immediate) => {
  const { spare } = SLOTS[8];
  products(step, 8, multiply64, immediate);
  if (!settleStep(c)) return false;
  step(add64, spare, spare + 1, spare);
  return settleStep(c);
};

/** Writes the sums to the elements of each lane that the low bits of the immediate select, and zero to the others. */
function spread(size: ElementBytes, bytes: number, immediate: number): void {
  const words = size / 4;
  const [first, sum] = [SLOTS[4].r, SLOTS[4].spare];
  for (let n = 0; n < bytes / 4; n++) {
    const selected = (immediate >> Math.floor((n & 3) / words)) & 1;
    unit.i32[first + n] = selected === 1 ? unit.i32[sum + (n & ~3) + (n % words)]! : 0;
  }
}

function dotProduct(size: ElementBytes, sum: DotProduct): VectorCompiler {
  return (form) => {
    const { need, bytes } = form;
    const { first, second, target } = packedOperands(form);
    const step = stepOver(bytes / 16, 16 / size);
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, second, B)) return STATUS_ABORTED;
      readVector(c, i, first, A);
      beginFloat(c);
      if (!sum(c, step, i.immLow)) return STATUS_ABORTED;
      spread(size, bytes, i.immLow);
      writeVector(c, target, R);
      return STATUS_NEXT;
    };
  };
}

/** Operations across elements. */
export const FLOAT_HORIZONTAL: Readonly<Record<string, VectorCompiler>> = {
  addsubps: packedBinary(4, alternating(subtract32, add32)),
  addsubpd: packedBinary(8, alternating(subtract64, add64)),
  haddps: horizontal(4, add32),
  haddpd: horizontal(8, add64),
  hsubps: horizontal(4, subtract32),
  hsubpd: horizontal(8, subtract64),
  dpps: dotProduct(4, dotProduct32),
  dppd: dotProduct(8, dotProduct64),
};
