import type { Draft } from "../draft.ts";
import { encode } from "../encode.ts";
import type { Form } from "../form.ts";

/*
 * Several instructions in a row, register to register, all of whose flags are defined: what one leaves as lazy flags the next reads.
 */

type Step = (draft: Draft) => number[];

/** Opcodes of the form Ev,Gv: ADD ADC SBB SUB CMP XADD. */
const TWO_OPERANDS: readonly (readonly number[])[] = [[0x01], [0x11], [0x19], [0x29], [0x39], [0x0f, 0xc1]];
/** Opcode and ModRM.reg: INC DEC NEG NOT, RCL and RCR by 1, ROL and ROR by 1. */
const ONE_OPERAND: readonly (readonly [number, number])[] = [
  [0xff, 0],
  [0xff, 1],
  [0xf7, 3],
  [0xf7, 2],
  [0xd1, 2],
  [0xd1, 3],
  [0xd1, 0],
  [0xd1, 1],
];

const two: Step = (draft) =>
  encode(draft, {
    width: draft.random.pick([16, 32, 64]),
    opcode: draft.random.pick(TWO_OPERANDS),
    reg: draft.register(),
    rm: draft.registerOperand(draft.register()),
  });

const one: Step = (draft) => {
  const [opcode, reg] = draft.random.pick(ONE_OPERAND);
  return encode(draft, {
    width: draft.random.pick([16, 32, 64]),
    opcode: [opcode],
    reg,
    rm: draft.registerOperand(draft.register()),
  });
};

const carry: Step = (draft) => [draft.random.pick([0xf5, 0xf8, 0xf9])];

const setOrMove: Step = (draft) => {
  const cc = draft.random.below(16);
  const rm = draft.registerOperand(draft.register());
  if (draft.random.chance(50)) return encode(draft, { width: 8, opcode: [0x0f, 0x90 | cc], reg: 0, rm });
  return encode(draft, { width: 64, opcode: [0x0f, 0x40 | cc], reg: draft.register(), rm });
};

const popcnt: Step = (draft) =>
  encode(draft, {
    width: 64,
    prefix: 0xf3,
    opcode: [0x0f, 0xb8],
    reg: draft.register(),
    rm: draft.registerOperand(draft.register()),
  });

const flagsThroughAh: Step = (draft) => [draft.random.pick([0x9e, 0x9f])];

const STEPS: readonly Step[] = [two, two, two, one, one, one, carry, setOrMove, setOrMove, popcnt, flagsThroughAh];

function chain(length: number): Form {
  return {
    name: `chain of ${length}`,
    make: (draft) => {
      const bytes: number[] = [];
      for (let n = 0; n < length; n++) bytes.push(...draft.random.pick(STEPS)(draft));
      return { bytes, steps: length };
    },
  };
}

/** Lazy flags from one instruction to the next. */
export const CHAIN_FORMS: readonly Form[] = [2, 3, 4, 5, 6, 8].map(chain);
