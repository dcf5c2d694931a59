import { float16ToFloat32, float32ToFloat16 } from "../../float/conversion.ts";
import { type Op, STATUS_ABORTED, STATUS_NEXT } from "../../op.ts";
import { FAULT_NONE, type Processor } from "../../processor.ts";
import { ACCESS_WRITE } from "../../virtualization.ts";
import { A, R } from "../lanes.ts";
import type { VectorCompiler } from "../vector-instruction.ts";
import { vectorAddress } from "../vector-memory.ts";
import { isReady } from "../vector-need.ts";
import {
  readVector,
  storeVector,
  type VectorSource,
  vectorSource,
  vectorTarget,
  writeVector,
} from "../vector-operands.ts";
import { beginFloat, SLOTS, settleFloat, unit } from "./float-execution.ts";

/** imm8 bit of VCVTPS2PH: the rounding mode is MXCSR's. */
const FROM_MXCSR = 4;

const fromHalf: VectorCompiler = (form) => {
  const { need, bytes } = form;
  const source = vectorSource(form, 1);
  const target = vectorTarget(form, 0);
  return (c, i) => {
    if (!isReady(c, need) || !readVector(c, i, source, A)) return STATUS_ABORTED;
    beginFloat(c);
    for (let n = 0; n < bytes / 4; n++) float16ToFloat32(unit, SLOTS[2].a + n, SLOTS[4].r + n);
    if (!settleFloat(c)) return STATUS_ABORTED;
    writeVector(c, target, R);
    return STATUS_NEXT;
  };
};

/** A fault of the store comes before the exceptions of the conversion, as processors do it; the SDM leaves the order open. */
function canStore(c: Processor, i: Op, memory: VectorSource): boolean {
  const low = vectorAddress(c, i, memory.bytes, memory.alignment, ACCESS_WRITE);
  return c.fault === FAULT_NONE && c.probeWrite(low, c.hi, memory.bytes);
}

const toHalf: VectorCompiler = (form) => {
  const { need, bytes } = form;
  const source = vectorSource(form, 1);
  const inMemory = form.instruction.operands[0]!.kind === "memory";
  const memory = vectorSource(form, 0);
  const target = vectorTarget(form, 0);
  return (c, i) => {
    if (!isReady(c, need) || (inMemory && !canStore(c, i, memory))) return STATUS_ABORTED;
    readVector(c, i, source, A);
    beginFloat(c);
    unit.keepTinyResults();
    if ((i.immLow & FROM_MXCSR) === 0) unit.roundAs(i.immLow & 3);
    R.i32.fill(0);
    for (let n = 0; n < bytes / 4; n++) float32ToFloat16(unit, SLOTS[4].a + n, SLOTS[2].r + n);
    if (!settleFloat(c)) return STATUS_ABORTED;
    if (!inMemory) writeVector(c, target, R);
    else if (!storeVector(c, i, memory, R)) return STATUS_ABORTED;
    return STATUS_NEXT;
  };
};

/** F16C. */
export const HALF_PRECISION: Readonly<Record<string, VectorCompiler>> = {
  vcvtph2ps: fromHalf,
  vcvtps2ph: toHalf,
};
