import { type Draft, littleEndian, RAX, RDX, WIDTHS, type Width, WORD_WIDTHS } from "../draft.ts";
import { encode, encodeVex } from "../encode.ts";
import { AF, ARITHMETIC, type Form, PF, SF, ZF } from "../form.ts";

const AFTER_MULTIPLY = SF | ZF | AF | PF;

function oneOperand(name: string, reg: number, width: Width): Form {
  return {
    name: `${name} rm ${width}`,
    make: (draft) => ({
      bytes: encode(draft, { width, opcode: [width === 8 ? 0xf6 : 0xf7], reg, rm: draft.registerOrMemory(width / 8) }),
      undefinedFlags: AFTER_MULTIPLY,
    }),
  };
}

/** Dividends near the limits of the quotient, so that some divide and some raise #DE. */
function divideOperands(draft: Draft, width: Width): void {
  const { random } = draft;
  const kind = random.below(4);
  const bits = BigInt(width);
  const upper = width === 8 ? RAX : RDX;
  const shift = width === 8 ? 8n : 0n;
  const field = ((1n << bits) - 1n) << shift;
  let value = draft.gpr[upper]! & field;
  if (kind === 0) value = 0n;
  else if (kind === 1) value = (draft.gpr[RAX]! >> (bits - 1n)) & 1n ? field : 0n;
  else if (kind === 2) value = (BigInt(random.below(8)) - 4n) << shift;
  draft.gpr[upper] = BigInt.asUintN(64, (draft.gpr[upper]! & ~field) | (value & field));
}

function divide(name: string, reg: number, width: Width): Form {
  return {
    name: `${name} rm ${width}`,
    make: (draft) => {
      divideOperands(draft, width);
      const rm = draft.registerOrMemory(width / 8);
      return {
        bytes: encode(draft, { width, opcode: [width === 8 ? 0xf6 : 0xf7], reg, rm }),
        undefinedFlags: ARITHMETIC,
      };
    },
  };
}

function multiply(width: Width, immediateBytes: number): Form {
  const opcode = immediateBytes === 0 ? [0x0f, 0xaf] : [immediateBytes === 1 ? 0x6b : 0x69];
  return {
    name: `imul r,rm${immediateBytes === 0 ? "" : `,i${immediateBytes}`} ${width}`,
    make: (draft) => {
      const reg = draft.register();
      const rm = draft.registerOrMemory(width / 8);
      const immediate = littleEndian(draft.random.operand(), immediateBytes);
      return { bytes: encode(draft, { width, opcode, reg, rm, immediate }), undefinedFlags: AFTER_MULTIPLY };
    },
  };
}

function mulx(width: 32 | 64): Form {
  return {
    name: `mulx r,r,rm ${width}`,
    make: (draft) => {
      const [reg, vvvv, rm] = [draft.register(), draft.register(), draft.registerOrMemory(width / 8)];
      return { bytes: encodeVex({ width, map: 2, prefix: 3, opcode: 0xf6, reg, vvvv, rm }) };
    },
  };
}

function addWithFlag(name: string, prefix: number, width: 32 | 64): Form {
  return {
    name: `${name} r,rm ${width}`,
    make: (draft) => {
      const [reg, rm] = [draft.register(), draft.registerOrMemory(width / 8)];
      return { bytes: encode(draft, { width, prefix, opcode: [0x0f, 0x38, 0xf6], reg, rm }) };
    },
  };
}

/** MUL, IMUL, DIV, IDIV, MULX, ADCX, ADOX. */
export const MULTIPLY_FORMS: readonly Form[] = [
  ...WIDTHS.flatMap((width) => [
    oneOperand("mul", 4, width),
    oneOperand("imul", 5, width),
    divide("div", 6, width),
    divide("idiv", 7, width),
  ]),
  ...WORD_WIDTHS.flatMap((width) => [multiply(width, 0), multiply(width, 1), multiply(width, width === 16 ? 2 : 4)]),
  ...([32, 64] as const).flatMap((width) => [
    mulx(width),
    addWithFlag("adcx", 0x66, width),
    addWithFlag("adox", 0xf3, width),
  ]),
];
