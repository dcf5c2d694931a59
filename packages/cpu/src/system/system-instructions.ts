import type { RegisterClass } from "../decode/instruction.ts";
import { SHADOW_STACK_INSTRUCTIONS } from "../enforcement/shadow-instructions.ts";
import { type Executor, type Op, STATUS_ABORTED } from "../op.ts";
import { X87_INSTRUCTIONS } from "../x87/x87-instructions.ts";
import { AMD_INSTRUCTIONS } from "./amd-instructions.ts";
import { CONTROL_REGISTERS, moveFromControl, moveFromDebug, moveToControl, moveToDebug } from "./control-registers.ts";
import { CPUID_INSTRUCTION } from "./cpuid-instruction.ts";
import { DESCRIPTOR_TABLES } from "./descriptor-tables.ts";
import { DIRECT_STORES } from "./direct-stores.ts";
import { EXTENSION_INSTRUCTIONS } from "./extension-instructions.ts";
import { FAR_JUMPS } from "./far-jumps.ts";
import { FAR_RETURNS } from "./far-returns.ts";
import { FAST_SYSTEM_CALLS } from "./fast-system-calls.ts";
import { INTERRUPT_INSTRUCTIONS } from "./interrupt-instructions.ts";
import { INTERRUPT_RETURN } from "./interrupt-return.ts";
import { IO_INSTRUCTIONS } from "./io-instructions.ts";
import { LEGACY_ARITHMETIC } from "./legacy-arithmetic.ts";
import { MPX_INSTRUCTIONS } from "./mpx-instructions.ts";
import { MSR_INSTRUCTIONS } from "./msr-instructions.ts";
import { PRIVILEGED_STATE } from "./privileged-state.ts";
import { moveFromSegment, moveToSegment, popSegment, pushSegment, SEGMENT_LOADS } from "./segment-loads.ts";
import { SELECTOR_TESTS } from "./selector-tests.ts";
import { STACK_INSTRUCTIONS } from "./stack-instructions.ts";
import { STRING_INSTRUCTIONS } from "./string-instructions.ts";
import { TIME_INSTRUCTIONS } from "./time-instructions.ts";
import { TRANSACTIONAL_INSTRUCTIONS } from "./transactional-instructions.ts";
import { TRANSLATION_INSTRUCTIONS } from "./translation-instructions.ts";
import { WAIT_INSTRUCTIONS } from "./wait-instructions.ts";
import { XSAVE_INSTRUCTIONS } from "./xsave-instructions.ts";

type ByClass = Readonly<Partial<Record<RegisterClass, Executor>>>;

const MOVE_TO: ByClass = { segment: moveToSegment, control: moveToControl, debug: moveToDebug };
const MOVE_FROM: ByClass = { segment: moveFromSegment, control: moveFromControl, debug: moveFromDebug };

function classOf(i: Op, operand: number): RegisterClass {
  const found = i.instruction.operands[operand];
  return found?.kind === "register" ? found.class : "gpr";
}

/** MOV, PUSH and POP whose operands are all general-purpose belong to the builder's semantics, not here. */
function notHere(c: Parameters<Executor>[0], i: Op): number {
  c.stopUnimplemented(`${i.instruction.mnemonic} with these operands`, i.instruction.bytes);
  return STATUS_ABORTED;
}

const mov: Executor = (c, i) => (MOVE_TO[classOf(i, 0)] ?? MOVE_FROM[classOf(i, 1)] ?? notHere)(c, i);

/** Executors by the decoder's mnemonic, for everything that is not written against the builder. */
export const SYSTEM_INSTRUCTIONS: Readonly<Record<string, Executor>> = {
  mov,
  push: (c, i) => (classOf(i, 0) === "segment" ? pushSegment : notHere)(c, i),
  pop: (c, i) => (classOf(i, 0) === "segment" ? popSegment : notHere)(c, i),
  ...CONTROL_REGISTERS,
  ...SEGMENT_LOADS,
  ...DESCRIPTOR_TABLES,
  ...SELECTOR_TESTS,
  ...FAR_JUMPS,
  ...FAR_RETURNS,
  ...INTERRUPT_RETURN,
  ...INTERRUPT_INSTRUCTIONS,
  ...FAST_SYSTEM_CALLS,
  ...MSR_INSTRUCTIONS,
  ...MPX_INSTRUCTIONS,
  ...CPUID_INSTRUCTION,
  ...TIME_INSTRUCTIONS,
  ...TRANSLATION_INSTRUCTIONS,
  ...SHADOW_STACK_INSTRUCTIONS,
  ...TRANSACTIONAL_INSTRUCTIONS,
  ...WAIT_INSTRUCTIONS,
  ...AMD_INSTRUCTIONS,
  ...DIRECT_STORES,
  ...PRIVILEGED_STATE,
  ...IO_INSTRUCTIONS,
  ...STRING_INSTRUCTIONS,
  ...STACK_INSTRUCTIONS,
  ...LEGACY_ARITHMETIC,
  ...XSAVE_INSTRUCTIONS,
  ...X87_INSTRUCTIONS,
  ...EXTENSION_INSTRUCTIONS,
};
