import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE } from "../processor.ts";
import { VECTOR_REGISTERS } from "../state-layout.ts";
import { GP, raise } from "../system/exceptions.ts";
import { readOperand, writeOperand } from "../system/operands.ts";
import { MXCSR_MASK, MXCSR_WORD } from "../system/xsave-components.ts";
import { leaveMmx } from "./mmx-registers.ts";
import { inEncoding, type VectorCompiler } from "./vector-instruction.ts";
import { isReady } from "./vector-need.ts";

const REGISTER_WORDS = 16;

function guarded(run: Executor): VectorCompiler {
  return ({ need }) =>
    (c, i) =>
      isReady(c, need) ? run(c, i) : STATUS_ABORTED;
}

/** Clears the registers that the mode can reach from a word on. */
function clearFrom(first: number): Executor {
  return (c) => {
    const registers = c.in64BitMode ? 16 : 8;
    for (let n = 0; n < registers; n++) {
      const word = VECTOR_REGISTERS + n * REGISTER_WORDS;
      c.s.fill(0, word + first, word + REGISTER_WORDS);
    }
    return STATUS_NEXT;
  };
}

const emms: Executor = (c) => {
  leaveMmx(c);
  return STATUS_NEXT;
};

const ldmxcsr: Executor = (c, i) => {
  const value = readOperand(c, i, 0);
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  if ((value & ~MXCSR_MASK) !== 0) return raise(c, GP, 0);
  c.s[MXCSR_WORD] = value;
  return STATUS_NEXT;
};

const stmxcsr: Executor = (c, i) => (writeOperand(c, i, 0, c.s[MXCSR_WORD]!, 0) ? STATUS_NEXT : STATUS_ABORTED);

/** Instructions on the vector state as a whole. */
export const VECTOR_STATE: Readonly<Record<string, VectorCompiler>> = {
  vzeroupper: guarded(clearFrom(4)),
  vzeroall: guarded(clearFrom(0)),
  emms: inEncoding("mmx", guarded(emms)),
  ldmxcsr: guarded(ldmxcsr),
  stmxcsr: guarded(stmxcsr),
};
