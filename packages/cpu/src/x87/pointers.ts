import type { CpuModel } from "../models/model.ts";
import type { Op } from "../op.ts";
import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { hasFeature } from "../system/features.ts";
import { effectiveAddress } from "../system/operands.ts";

const OPCODE_WORD = S.X87_STATE + 1;
const INSTRUCTION = S.X87_STATE + 2;
const DATA = S.X87_STATE + 4;

/** How a model keeps the pointers: CPUID.(EAX=07H,ECX=0):EBX[6] and [13]. */
interface PointerRules {
  readonly dataOnExceptionOnly: boolean;
  readonly selectorsAreZero: boolean;
}

const rulesOf = new WeakMap<CpuModel, PointerRules>();

function pointerRules(c: Processor): PointerRules {
  const known = rulesOf.get(c.model);
  if (known !== undefined) return known;
  const rules = {
    dataOnExceptionOnly: hasFeature(c, "fdp-excptn-only"),
    selectorsAreZero: hasFeature(c, "zero-fcs-fds"),
  };
  rulesOf.set(c.model, rules);
  return rules;
}

function selector(c: Processor, segment: number): number {
  return c.s[S.SEGMENTS + segment * S.SEGMENT_STRIDE + S.SEGMENT_SELECTOR]! & 0xffff;
}

/** The eleven bits that tell x87 instructions apart: low bits of the first opcode byte, and ModRM. */
function opcodeOf(i: Op): number {
  const { bytes } = i.instruction;
  const at = bytes.findIndex((byte) => (byte & 0xf8) === 0xd8);
  return at < 0 ? 0 : ((bytes[at]! & 7) << 8) | bytes[at + 1]!;
}

/**
 * Notes the last instruction that was no control instruction, and its memory operand. The opcode is noted only with an unmasked exception,
 * as since the Pentium 4. SDM 1 "x87 FPU Instruction and Data (Operand) Pointers", "Fopcode Compatibility Sub-mode".
 * @param unmasked whether it incurred an unmasked exception
 */
export function notePointers(c: Processor, i: Op, unmasked: boolean): void {
  const { s } = c;
  const rules = pointerRules(c);
  if (unmasked) s[OPCODE_WORD] = (s[OPCODE_WORD]! & 0xffff) | (opcodeOf(i) << 16);
  s[INSTRUCTION] = i.ripLow;
  s[INSTRUCTION + 1] = i.ripHigh;
  let selectors = s[S.X87_SELECTORS]!;
  if (!rules.selectorsAreZero) selectors = (selectors & ~0xffff) | selector(c, S.CS);
  const memory = i.instruction.operands[0]?.kind === "memory";
  if (memory && (unmasked || !rules.dataOnExceptionOnly)) {
    s[DATA] = effectiveAddress(c, i);
    s[DATA + 1] = c.hi;
    if (!rules.selectorsAreZero) selectors = (selectors & 0xffff) | (selector(c, i.segment) << 16);
  }
  s[S.X87_SELECTORS] = selectors;
}
