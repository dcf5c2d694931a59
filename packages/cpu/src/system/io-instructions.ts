import { noteIoAccess } from "../debug-registers.ts";
import { DF } from "../flags.ts";
import { INTERCEPT } from "../intercepts.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import { intercepted } from "./exceptions.ts";
import { mayAccessPort } from "./io-permission.ts";
import { implicitSegment, load, readOperand, segmentAddress, store, writeOperand } from "./operands.ts";
import { advance, indexRegister, repeated } from "./repetition.ts";

const RDX = S.GPR + 4;
const RSI = S.GPR + 12;
const RDI = S.GPR + 14;

/** Bytes of the port access: that of the accumulator operand. */
function accumulatorSize(i: Op, operand: number): number {
  const accumulator = i.instruction.operands[operand]!;
  return accumulator.kind === "register" ? accumulator.size / 8 : i.instruction.operandSize / 8;
}

function begin(c: Processor, i: Op, port: number, size: number): number {
  if (!mayAccessPort(c, port, size)) return STATUS_ABORTED;
  c.outsideAccesses++;
  // Devices ask for the time.
  c.retired = c.blockBase + i.position;
  const status = intercepted(c, i, INTERCEPT.io, port);
  if (status === STATUS_NEXT) noteIoAccess(c, port, size);
  return status;
}

/** An immediate port number is a byte, however the decoder extended it. */
function portOf(c: Processor, i: Op, operand: number): number {
  const value = readOperand(c, i, operand);
  return i.instruction.operands[operand]!.kind === "immediate" ? value & 0xff : value & 0xffff;
}

const input: Executor = (c, i) => {
  const port = portOf(c, i, 1);
  const size = accumulatorSize(i, 0);
  const status = begin(c, i, port, size);
  if (status !== STATUS_NEXT) return status;
  writeOperand(c, i, 0, c.bus.readPort(port, size) | 0, 0);
  return STATUS_NEXT;
};

const output: Executor = (c, i) => {
  const port = portOf(c, i, 0);
  const size = accumulatorSize(i, 1);
  const status = begin(c, i, port, size);
  if (status !== STATUS_NEXT) return status;
  c.bus.writePort(port, size, readOperand(c, i, 1) >>> 0);
  return STATUS_NEXT;
};

function stringInput(size: number): Executor {
  const once = (c: Processor, i: Op): boolean => {
    const offset = indexRegister(c, i, RDI);
    const low = segmentAddress(c, S.ES, offset, c.hi, size, ACCESS_WRITE);
    const high = c.hi;
    if (c.fault !== FAULT_NONE || !c.probeWrite(low, high, size)) return false;
    store(c, low, high, size, c.bus.readPort(c.s[RDX]! & 0xffff, size) | 0, 0);
    if (c.fault !== FAULT_NONE) return false;
    advance(c, i, RDI, (c.s[S.FLAG_SYSTEM]! & DF) !== 0 ? -size : size);
    return true;
  };
  const operation = { once };
  return (c, i) => {
    const status = begin(c, i, c.s[RDX]! & 0xffff, size);
    return status === STATUS_NEXT ? repeated(c, i, operation) : status;
  };
}

function stringOutput(size: number): Executor {
  const once = (c: Processor, i: Op): boolean => {
    const offset = indexRegister(c, i, RSI);
    const low = segmentAddress(c, implicitSegment(i), offset, c.hi, size, ACCESS_READ);
    if (c.fault !== FAULT_NONE) return false;
    const value = load(c, low, c.hi, size);
    if (c.fault !== FAULT_NONE) return false;
    c.bus.writePort(c.s[RDX]! & 0xffff, size, value >>> 0);
    advance(c, i, RSI, (c.s[S.FLAG_SYSTEM]! & DF) !== 0 ? -size : size);
    return true;
  };
  const operation = { once };
  return (c, i) => {
    const status = begin(c, i, c.s[RDX]! & 0xffff, size);
    return status === STATUS_NEXT ? repeated(c, i, operation) : status;
  };
}

/** Port input and output. SDM 2 "Instruction Set Reference". */
export const IO_INSTRUCTIONS: Readonly<Record<string, Executor>> = {
  in: input,
  out: output,
  insb: stringInput(1),
  insw: stringInput(2),
  insd: stringInput(4),
  outsb: stringOutput(1),
  outsw: stringOutput(2),
  outsd: stringOutput(4),
};
