import { readRflags, writeArithmeticFlags, ZF } from "../flags.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import {
  type Descriptor,
  fetchDescriptor,
  isCode,
  isConforming,
  isNull,
  isReadable,
  isWithinTable,
  isWritableData,
} from "./descriptors.ts";
import { GP, inLongMode, inParagraphMode, raise, UD } from "./exceptions.ts";
import { readOperand, writeOperand } from "./operands.ts";

/** System descriptor types that LAR and LSL accept; gates and 16-bit ones do not exist in IA-32e mode. */
const LAR_TYPES = new Set([1, 2, 3, 4, 5, 9, 11, 12]);
const LAR_TYPES_LONG = new Set([2, 9, 11, 12]);
const LSL_TYPES = new Set([1, 2, 3, 9, 11]);
const LSL_TYPES_LONG = new Set([2, 9, 11]);

function setZero(c: Processor, zero: boolean): void {
  const flags = readRflags(c.s);
  writeArithmeticFlags(c.s, zero ? flags | ZF : flags & ~ZF);
}

/** The descriptor of a selector that software may look at; undefined where it may not, null when a fault is pending. */
function visibleDescriptor(c: Processor, selector: number): Descriptor | undefined | null {
  if (isNull(selector) || !isWithinTable(c, selector, 8)) return undefined;
  const d = fetchDescriptor(c, selector, GP);
  if (d === null || (isCode(d) && isConforming(d))) return d;
  return d.dpl >= c.s[S.CPL]! && d.dpl >= (selector & 3) ? d : undefined;
}

type Answer = (c: Processor, d: Descriptor) => number | undefined;

function loadAttribute(answer: Answer): Executor {
  return (c, i) => {
    if (inParagraphMode(c)) return raise(c, UD);
    const selector = readOperand(c, i, 1) & 0xffff;
    const d = c.fault === FAULT_NONE ? visibleDescriptor(c, selector) : null;
    if (d === null) return STATUS_ABORTED;
    const value = d === undefined ? undefined : answer(c, d);
    if (value !== undefined) writeOperand(c, i, 0, value, 0);
    setZero(c, value !== undefined);
    return STATUS_NEXT;
  };
}

/** Bits 19:16, which the SDM leaves open, are those of the limit in all processors. */
const accessRights: Answer = (c, d) => {
  if (d.isSystem && !(inLongMode(c) ? LAR_TYPES_LONG : LAR_TYPES).has(d.type)) return undefined;
  return d.high & 0x00ffff00;
};

const segmentLimit: Answer = (c, d) => {
  if (d.isSystem && !(inLongMode(c) ? LSL_TYPES_LONG : LSL_TYPES).has(d.type)) return undefined;
  return d.limit;
};

function verify(allows: (d: Descriptor) => boolean): Executor {
  return (c, i) => {
    if (inParagraphMode(c)) return raise(c, UD);
    const selector = readOperand(c, i, 0) & 0xffff;
    const d = c.fault === FAULT_NONE ? visibleDescriptor(c, selector) : null;
    if (d === null) return STATUS_ABORTED;
    setZero(c, d !== undefined && allows(d));
    return STATUS_NEXT;
  };
}

const arpl: Executor = (c, i) => {
  if (inParagraphMode(c)) return raise(c, UD);
  const destination = readOperand(c, i, 0) & 0xffff;
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const source = readOperand(c, i, 1) & 3;
  const raises = (destination & 3) < source;
  if (raises && !writeOperand(c, i, 0, (destination & ~3) | source, 0)) return STATUS_ABORTED;
  setZero(c, raises);
  return STATUS_NEXT;
};

/** Instructions that ask about a selector without loading it. SDM 2 "Instruction Set Reference". */
export const SELECTOR_TESTS: Readonly<Record<string, Executor>> = {
  lar: loadAttribute(accessRights),
  lsl: loadAttribute(segmentLimit),
  verr: verify(isReadable),
  verw: verify(isWritableData),
  arpl,
};
