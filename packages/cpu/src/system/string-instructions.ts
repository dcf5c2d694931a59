import { DF, readRflags, ZF } from "../flags.ts";
import type { Executor, Op } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import { setSubtractFlags } from "./compare-flags.ts";
import { implicitSegment, load, segmentAddress, setRegister, store } from "./operands.ts";
import { advance, indexRegister, repeated } from "./repetition.ts";
import { copyWithinPages, fillWithinPage } from "./string-bulk.ts";

const RAX = S.GPR;
const RSI = S.GPR + 12;
const RDI = S.GPR + 14;

function stepOf(c: Processor, size: number): number {
  return (c.s[S.FLAG_SYSTEM]! & DF) !== 0 ? -size : size;
}

/** Loads the element at RSI in the source segment: low half; the high half is in `c.hi`. */
function loadSource(c: Processor, i: Op, size: number): number {
  const offset = indexRegister(c, i, RSI);
  const low = segmentAddress(c, implicitSegment(i), offset, c.hi, size, ACCESS_READ);
  return c.fault === FAULT_NONE ? load(c, low, c.hi, size) : 0;
}

/** Loads the element at ES:RDI. */
function loadDestination(c: Processor, i: Op, size: number): number {
  const offset = indexRegister(c, i, RDI);
  const low = segmentAddress(c, S.ES, offset, c.hi, size, ACCESS_READ);
  return c.fault === FAULT_NONE ? load(c, low, c.hi, size) : 0;
}

function storeDestination(c: Processor, i: Op, size: number, value: number, valueHigh: number): boolean {
  const offset = indexRegister(c, i, RDI);
  const low = segmentAddress(c, S.ES, offset, c.hi, size, ACCESS_WRITE);
  if (c.fault === FAULT_NONE) store(c, low, c.hi, size, value, valueHigh);
  return c.fault === FAULT_NONE;
}

function move(size: number): Executor {
  const once = (c: Processor, i: Op): boolean => {
    const value = loadSource(c, i, size);
    const high = c.hi;
    if (c.fault !== FAULT_NONE || !storeDestination(c, i, size, value, high)) return false;
    const step = stepOf(c, size);
    advance(c, i, RSI, step);
    advance(c, i, RDI, step);
    return true;
  };
  const bulk = (c: Processor, i: Op, count: number) => copyWithinPages(c, i, size, count);
  const operation = { once, bulk };
  return (c, i) => repeated(c, i, operation);
}

function fill(size: number): Executor {
  const once = (c: Processor, i: Op): boolean => {
    if (!storeDestination(c, i, size, c.s[RAX]!, c.s[RAX + 1]!)) return false;
    advance(c, i, RDI, stepOf(c, size));
    return true;
  };
  const bulk = (c: Processor, i: Op, count: number) => fillWithinPage(c, i, size, count);
  const operation = { once, bulk };
  return (c, i) => repeated(c, i, operation);
}

function take(size: number): Executor {
  const once = (c: Processor, i: Op): boolean => {
    const value = loadSource(c, i, size);
    if (c.fault !== FAULT_NONE) return false;
    setRegister(c, RAX, size * 8, value, c.hi);
    advance(c, i, RSI, stepOf(c, size));
    return true;
  };
  const operation = { once };
  return (c, i) => repeated(c, i, operation);
}

/** REPE goes on while equal, REPNE while not. */
function comparisonEnds(c: Processor, i: Op): boolean {
  return ((readRflags(c.s) & ZF) !== 0) === (i.instruction.repeat === "repne");
}

function compare(size: number): Executor {
  const once = (c: Processor, i: Op): boolean => {
    const source = loadSource(c, i, size);
    const sourceHigh = c.hi;
    if (c.fault !== FAULT_NONE) return false;
    const destination = loadDestination(c, i, size);
    if (c.fault !== FAULT_NONE) return false;
    setSubtractFlags(c, size, source, sourceHigh, destination, c.hi);
    const step = stepOf(c, size);
    advance(c, i, RSI, step);
    advance(c, i, RDI, step);
    return true;
  };
  const operation = { once, ends: comparisonEnds };
  return (c, i) => repeated(c, i, operation);
}

function scan(size: number): Executor {
  const once = (c: Processor, i: Op): boolean => {
    const destination = loadDestination(c, i, size);
    if (c.fault !== FAULT_NONE) return false;
    setSubtractFlags(c, size, c.s[RAX]!, c.s[RAX + 1]!, destination, c.hi);
    advance(c, i, RDI, stepOf(c, size));
    return true;
  };
  const operation = { once, ends: comparisonEnds };
  return (c, i) => repeated(c, i, operation);
}

function everySize(name: string, make: (size: number) => Executor): [string, Executor][] {
  return [
    [`${name}b`, make(1)],
    [`${name}w`, make(2)],
    [`${name}d`, make(4)],
    [`${name}q`, make(8)],
  ];
}

/** MOVS, CMPS, SCAS, LODS, STOS. A fault leaves the registers as they were before its iteration. SDM 1 "String Operations". */
export const STRING_INSTRUCTIONS: Readonly<Record<string, Executor>> = Object.fromEntries([
  ...everySize("movs", move),
  ...everySize("cmps", compare),
  ...everySize("scas", scan),
  ...everySize("lods", take),
  ...everySize("stos", fill),
]);
