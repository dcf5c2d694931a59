import { reciprocal, reciprocalRoot } from "../../float/approximation.ts";
import * as narrow from "../../float/binary32.ts";
import * as wide from "../../float/binary64.ts";
import { maximum32, maximum64, minimum32, minimum64 } from "../../float/comparison.ts";
import type { VectorCompiler } from "../vector-instruction.ts";
import {
  type BinaryElement,
  packedBinary,
  packedUnary,
  scalarBinary,
  scalarUnary,
  type UnaryElement,
} from "./float-shapes.ts";
import {
  ADD,
  DIVIDE,
  MULTIPLY,
  type Operation,
  packedArithmetic,
  SUBTRACT,
  scalarArithmetic32,
  scalarArithmetic64,
} from "./float-short-ways.ts";

/** One operation as PS, SS, PD and SD. */
function binaryFamily(name: string, on32: BinaryElement, on64: BinaryElement): Record<string, VectorCompiler> {
  return {
    [`${name}ps`]: packedBinary(4, on32),
    [`${name}ss`]: scalarBinary(4, on32),
    [`${name}pd`]: packedBinary(8, on64),
    [`${name}sd`]: scalarBinary(8, on64),
  };
}

function arithmeticFamily(
  name: string,
  operation: Operation,
  on32: BinaryElement,
  on64: BinaryElement,
): Record<string, VectorCompiler> {
  return {
    [`${name}ps`]: packedArithmetic(4, operation, on32),
    [`${name}pd`]: packedArithmetic(8, operation, on64),
    [`${name}ss`]: scalarArithmetic32(operation, on32),
    [`${name}sd`]: scalarArithmetic64(operation, on64),
  };
}

function unaryFamily(name: string, on32: UnaryElement, on64: UnaryElement): Record<string, VectorCompiler> {
  return {
    [`${name}ps`]: packedUnary(4, on32),
    [`${name}ss`]: scalarUnary(4, on32),
    [`${name}pd`]: packedUnary(8, on64),
    [`${name}sd`]: scalarUnary(8, on64),
  };
}

/** Arithmetic of each element with its counterpart (SDM 1 "SSE Arithmetic Instructions"). */
export const FLOAT_ARITHMETIC: Readonly<Record<string, VectorCompiler>> = {
  ...arithmeticFamily("add", ADD, narrow.add32, wide.add64),
  ...arithmeticFamily("sub", SUBTRACT, narrow.subtract32, wide.subtract64),
  ...arithmeticFamily("mul", MULTIPLY, narrow.multiply32, wide.multiply64),
  ...arithmeticFamily("div", DIVIDE, narrow.divide32, wide.divide64),
  ...binaryFamily("min", minimum32, minimum64),
  ...binaryFamily("max", maximum32, maximum64),
  ...unaryFamily("sqrt", narrow.squareRoot32, wide.squareRoot64),
  rcpps: packedUnary(4, reciprocal),
  rcpss: scalarUnary(4, reciprocal),
  rsqrtps: packedUnary(4, reciprocalRoot),
  rsqrtss: scalarUnary(4, reciprocalRoot),
};
