import { type Draft, type Width, WORD_WIDTHS } from "../draft.ts";
import { encode, encodeVex } from "../encode.ts";
import { AF, CF, type Form, OF, PF, SF } from "../form.ts";
import { WINDOW, WINDOW_BYTES } from "../native-case.ts";

const AFTER_BIT_TEST = OF | SF | AF | PF;
const AFTER_SCAN = CF | OF | SF | AF | PF;
const BIT_TESTS = ["bt", "bts", "btr", "btc"];

function bitTestImmediate(name: string, n: number, width: Width): Form {
  return {
    name: `${name} rm,i8 ${width}`,
    make: (draft) => {
      const rm = draft.registerOrMemory(width / 8);
      const immediate = [draft.random.below(256)];
      return {
        bytes: encode(draft, { width, opcode: [0x0f, 0xba], reg: 4 + n, rm, immediate }),
        undefinedFlags: AFTER_BIT_TEST,
      };
    },
  };
}

function bitTestRegister(name: string, n: number, width: Width): Form {
  return {
    name: `${name} r,r ${width}`,
    make: (draft) => {
      const [reg, rm] = [draft.register(), draft.registerOperand(draft.register())];
      return {
        bytes: encode(draft, { width, opcode: [0x0f, 0xa3 + n * 8], reg, rm }),
        undefinedFlags: AFTER_BIT_TEST,
      };
    },
  };
}

/** The bit index reaches out of the operand in both directions, but not out of the window. */
function bitString(name: string, n: number, width: Width): Form {
  return {
    name: `${name} m,r ${width}`,
    make: (draft) => {
      const { random } = draft;
      const reg = draft.register();
      const middle = WINDOW_BYTES / 2;
      const index = random.below(2 * (middle - 8) * 8) - (middle - 8) * 8;
      const upper = width === 64 ? 0n : random.quad() << BigInt(width);
      draft.fix(reg, upper | BigInt.asUintN(width, BigInt(index)));
      const rm = draft.memory(width / 8, BigInt(WINDOW + middle));
      return {
        bytes: encode(draft, { width, opcode: [0x0f, 0xa3 + n * 8], reg, rm }),
        undefinedFlags: AFTER_BIT_TEST,
      };
    },
  };
}

function maybeZero(draft: Draft): number {
  const register = draft.register();
  if (draft.random.chance(15))
    draft.gpr[register] = draft.random.pick([0n, 0xffffffff_00000000n, 0xffffffff_ffff0000n]);
  return register;
}

function scan(name: string, opcode: number, prefix: number | undefined, undefinedFlags: number, width: Width): Form {
  return {
    name: `${name} r,rm ${width}`,
    make: (draft) => {
      const reg = draft.register();
      const rm = draft.random.chance(60) ? draft.registerOperand(maybeZero(draft)) : draft.memory(width / 8);
      if (draft.random.chance(10)) draft.window.fill(0);
      return {
        bytes: encode(draft, { width, opcode: [0x0f, opcode], reg, rm, ...(prefix === undefined ? {} : { prefix }) }),
        undefinedFlags,
      };
    },
  };
}

const VEX_FORMS = [
  ["andn", 0, 0xf2, -1, AF | PF],
  ["blsr", 0, 0xf3, 1, AF | PF],
  ["blsmsk", 0, 0xf3, 2, AF | PF],
  ["blsi", 0, 0xf3, 3, AF | PF],
  ["bzhi", 0, 0xf5, -1, AF | PF],
  ["pext", 2, 0xf5, -1, 0],
  ["pdep", 3, 0xf5, -1, 0],
  ["bextr", 0, 0xf7, -1, AF | PF | SF],
] as const;

function vexForm(row: (typeof VEX_FORMS)[number], width: 32 | 64): Form {
  const [name, prefix, opcode, group, undefinedFlags] = row;
  return {
    name: `${name} vex ${width}`,
    make: (draft) => {
      const vvvv = draft.register();
      if (draft.random.chance(60)) draft.gpr[vvvv] = BigInt(draft.random.below(80) | (draft.random.below(80) << 8));
      const rm = draft.random.chance(60) ? draft.registerOperand(maybeZero(draft)) : draft.memory(width / 8);
      const reg = group >= 0 ? group : draft.register();
      return { bytes: encodeVex({ width, map: 2, prefix, opcode, reg, vvvv, rm }), undefinedFlags };
    },
  };
}

/** CRC32 of 8 bits, and of 16, 32 and 64. */
function crc32(source: Width): Form {
  return {
    name: `crc32 r,rm ${source}`,
    make: (draft) => {
      const [reg, rm] = [draft.register(), draft.registerOrMemory(source / 8)];
      const opcode = [0x0f, 0x38, source === 8 ? 0xf0 : 0xf1];
      return { bytes: encode(draft, { width: source, prefix: 0xf2, opcode, reg, rm }) };
    },
  };
}

function movbe(width: Width, store: boolean): Form {
  return {
    name: `movbe ${store ? "m,r" : "r,m"} ${width}`,
    make: (draft) => {
      const [reg, rm] = [draft.register(), draft.memory(width / 8)];
      return { bytes: encode(draft, { width, opcode: [0x0f, 0x38, store ? 0xf1 : 0xf0], reg, rm }) };
    },
  };
}

/** Bit tests, scans, counts, BMI1, BMI2, CRC32, MOVBE. */
export const BIT_FORMS: readonly Form[] = [
  ...WORD_WIDTHS.flatMap((width) => [
    ...BIT_TESTS.flatMap((name, n) => [
      bitTestImmediate(name, n, width),
      bitTestRegister(name, n, width),
      bitString(name, n, width),
    ]),
    scan("bsf", 0xbc, undefined, AFTER_SCAN, width),
    scan("bsr", 0xbd, undefined, AFTER_SCAN, width),
    scan("tzcnt", 0xbc, 0xf3, AFTER_SCAN & ~CF, width),
    scan("lzcnt", 0xbd, 0xf3, AFTER_SCAN & ~CF, width),
    scan("popcnt", 0xb8, 0xf3, 0, width),
    movbe(width, false),
    movbe(width, true),
  ]),
  ...([32, 64] as const).flatMap((width) => VEX_FORMS.map((row) => vexForm(row, width))),
  ...([8, 16, 32, 64] as const).map(crc32),
];
