import { STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE } from "../processor.ts";
import { readOperand, writeOperand } from "../system/operands.ts";
import { byDirection, moveWhole, storeFrom } from "./full-moves.ts";
import { A, B, type Kernel, R } from "./lanes.ts";
import { enterMmx } from "./mmx-registers.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { isReady } from "./vector-need.ts";
import { readVector, vectorSource, vectorTarget, writeVector } from "./vector-operands.ts";
import { binary, unary } from "./vector-shapes.ts";

function setResult(r0: number, r1: number, r2: number, r3: number): void {
  const r = R.i32;
  r[0] = r0;
  r[1] = r1;
  r[2] = r2;
  r[3] = r3;
}

/** From a general register or memory; the rest of the destination becomes zero. */
const fromGeneral: VectorCompiler = (form) => {
  const { need } = form;
  const target = vectorTarget(form, 0);
  return (c, i) => {
    if (!isReady(c, need)) return STATUS_ABORTED;
    const low = readOperand(c, i, 1);
    if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
    setResult(low, c.hi, 0, 0);
    writeVector(c, target, R);
    return STATUS_NEXT;
  };
};

const toGeneral: VectorCompiler = (form) => {
  const { need } = form;
  const source = vectorSource(form, 1);
  const ofMmx = source.bytes === 8;
  return (c, i) => {
    if (!isReady(c, need)) return STATUS_ABORTED;
    readVector(c, i, source, A);
    if (!writeOperand(c, i, 0, A.i32[0]!, A.i32[1]!)) return STATUS_ABORTED;
    if (ofMmx) enterMmx(c);
    return STATUS_NEXT;
  };
};

const low32: Kernel = () => setResult(A.i32[0]!, 0, 0, 0);
const low64: Kernel = () => setResult(A.i32[0]!, A.i32[1]!, 0, 0);
/** Names by halves of the result: here the low half of B below the high half of A. */
const lowOfB: Kernel = () => setResult(B.i32[0]!, B.i32[1]!, A.i32[2]!, A.i32[3]!);
const lowestOfB: Kernel = () => setResult(B.i32[0]!, A.i32[1]!, A.i32[2]!, A.i32[3]!);
const lowOfBAbove: Kernel = () => setResult(A.i32[0]!, A.i32[1]!, B.i32[0]!, B.i32[1]!);
const highOfB: Kernel = () => setResult(B.i32[2]!, B.i32[3]!, A.i32[2]!, A.i32[3]!);

/** MOVD and MOVQ: by the classes of both operands. */
const moveScalar: VectorCompiler = (form) => {
  const [to, from] = form.instruction.operands.map((o) => (o.kind === "register" ? o.class : o.kind));
  // An operand in memory has the size of an element, and its encoding does not matter.
  if (from === "gpr" || from === "memory") return fromGeneral(form);
  if (to === "gpr" || to === "memory") return toGeneral(form);
  return (from === "mmx" ? moveWhole : unary(low64))(form);
};

/** MOVSS and MOVSD: a load clears what is above the element, a move between registers keeps it. */
function moveElement(load: Kernel, merge: Kernel): VectorCompiler {
  const loading = unary(load);
  const merging = binary(merge);
  const storing = byDirection(storeFrom(0), merging);
  return (form) => (form.instruction.operands.at(-1)!.kind === "memory" ? loading : storing)(form);
}

const fromMmx: VectorCompiler = (form) => {
  const { need } = form;
  const source = vectorSource(form, 1);
  const target = vectorTarget(form, 0);
  return (c, i) => {
    if (!isReady(c, need)) return STATUS_ABORTED;
    readVector(c, i, source, A);
    enterMmx(c);
    setResult(A.i32[0]!, A.i32[1]!, 0, 0);
    writeVector(c, target, R);
    return STATUS_NEXT;
  };
};

const moveLow = byDirection(storeFrom(0), binary(lowOfB));
const moveHigh = byDirection(storeFrom(2), binary(lowOfBAbove));

/** Moves of single elements and of halves of XMM registers. */
export const SCALAR_MOVES: Readonly<Record<string, VectorCompiler>> = {
  movd: moveScalar,
  movq: moveScalar,
  movss: moveElement(low32, lowestOfB),
  "movsd.x": moveElement(low64, lowOfB),
  movlps: moveLow,
  movlpd: moveLow,
  movhps: moveHigh,
  movhpd: moveHigh,
  movq2dq: fromMmx,
  movdq2q: unary(low64),
  movhlps: binary(highOfB),
  movlhps: binary(lowOfBAbove),
};
