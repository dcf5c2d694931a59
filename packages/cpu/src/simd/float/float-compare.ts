import { CF, PF, writeArithmeticFlags, ZF } from "../../flags.ts";
import { compare32, compare64 } from "../../float/comparison.ts";
import { EQUAL, GREATER, LESS, UNORDERED } from "../../float/exact-comparison.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../../op.ts";
import { A, B } from "../lanes.ts";
import type { VectorCompiler, VectorForm } from "../vector-instruction.ts";
import { isReady } from "../vector-need.ts";
import { readVector, vectorSource } from "../vector-operands.ts";
import { beginFloat, type ElementBytes, elementOf, isOrdinary, SLOTS, settleFloat, unit } from "./float-execution.ts";
import { type BinaryElement, packedBinary, scalarBinary } from "./float-shapes.ts";

/** A comparison predicate: the outcomes for which it is true, and whether quiet NaNs are invalid. */
interface Predicate {
  readonly outcomes: number;
  readonly signaling: boolean;
}

const U = 1 << UNORDERED;
const L = 1 << LESS;
const E = 1 << EQUAL;
const G = 1 << GREATER;

/** Predicates 0-15: EQ LT LE UNORD NEQ NLT NLE ORD EQ_UQ NGE NGT FALSE NEQ_OQ GE GT TRUE (SDM 2A "CMPPD"). */
const OUTCOMES = [
  E,
  L,
  L | E,
  U,
  U | L | G,
  U | E | G,
  U | G,
  L | E | G,
  U | E,
  U | L,
  U | L | E,
  0,
  L | G,
  E | G,
  G,
  U | L | E | G,
];
/** Those of them that signal, as bits; 16-31 are the same with signaling inverted. */
const SIGNALING = 0b0110_0110_0110_0110;

function predicateOf(form: VectorForm): Predicate {
  const last = form.instruction.operands.at(-1)!;
  const number = (last.kind === "immediate" ? last.lo : 0) & (form.isVex ? 31 : 7);
  const inverted = number >= 16;
  return { outcomes: OUTCOMES[number & 15]!, signaling: ((SIGNALING >> (number & 15)) & 1) === (inverted ? 0 : 1) };
}

function compareElement32({ outcomes, signaling }: Predicate): BinaryElement {
  return (u, x, y, z) => {
    u.i32[z] = -((outcomes >> compare32(u, x, y, signaling)) & 1);
  };
}

function compareElement64({ outcomes, signaling }: Predicate): BinaryElement {
  return (u, x, y, z) => {
    const mask = -((outcomes >> compare64(u, x, y, signaling)) & 1);
    u.i32[2 * z] = mask;
    u.i32[2 * z + 1] = mask;
  };
}

function compare(
  shape: (size: ElementBytes, kernel: BinaryElement) => VectorCompiler,
  size: ElementBytes,
): VectorCompiler {
  const element = size === 4 ? compareElement32 : compareElement64;
  return (form) => shape(size, element(predicateOf(form)))(form);
}

/** ZF, PF and CF by outcome; OF, SF and AF become 0 (SDM 2A "COMISD"). */
const FLAGS_BY_OUTCOME: Readonly<Record<number, number>> = {
  [UNORDERED]: ZF | PF | CF,
  [LESS]: CF,
  [EQUAL]: ZF,
  [GREATER]: 0,
};

/** What UCOMISS … COMISD do once their operands are in lanes A and B. */
function setFlags(size: ElementBytes, signaling: boolean): Executor {
  const compareElements = size === 4 ? compare32 : compare64;
  const slots = SLOTS[size];
  return (c) => {
    beginFloat(c);
    const outcome = compareElements(unit, slots.a, slots.b, signaling);
    if (!settleFloat(c)) return STATUS_ABORTED;
    writeArithmeticFlags(c.s, FLAGS_BY_OUTCOME[outcome]!);
    return STATUS_NEXT;
  };
}

/** UCOMISS … COMISD: order of two elements in the arithmetic flags. Ordinary operands are no exception, whatever MXCSR says. */
function compareToFlags(size: ElementBytes, signaling: boolean): VectorCompiler {
  const finish = setFlags(size, signaling);
  return (form) => {
    const { need } = form;
    const first = { ...vectorSource(form, 0), bytes: size };
    const second = { ...vectorSource(form, 1), bytes: size };
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, second, B)) return STATUS_ABORTED;
      readVector(c, i, first, A);
      const a = elementOf(size, A);
      const b = elementOf(size, B);
      if (!isOrdinary(size, a) || !isOrdinary(size, b)) return finish(c, i);
      writeArithmeticFlags(c.s, a < b ? CF : a === b ? ZF : 0);
      return STATUS_NEXT;
    };
  };
}

/** Comparisons. */
export const FLOAT_COMPARE: Readonly<Record<string, VectorCompiler>> = {
  cmpps: compare(packedBinary, 4),
  cmpss: compare(scalarBinary, 4),
  cmppd: compare(packedBinary, 8),
  "cmpsd.x": compare(scalarBinary, 8),
  ucomiss: compareToFlags(4, false),
  comiss: compareToFlags(4, true),
  ucomisd: compareToFlags(8, false),
  comisd: compareToFlags(8, true),
};
