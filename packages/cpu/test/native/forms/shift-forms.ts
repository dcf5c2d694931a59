import { type Draft, RCX, type RmOperand, WIDTHS, type Width, WORD_WIDTHS } from "../draft.ts";
import { encode, encodeVex } from "../encode.ts";
import { AF, CF, type Form, OF } from "../form.ts";

const NAMES = ["rol", "ror", "rcl", "rcr", "shl", "shr", "sal", "sar"];
const COUNTS = [0, 1, 2, 7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 63, 64, 65, 255];

function maskOf(width: Width): number {
  return width === 64 ? 63 : 31;
}

function count(draft: Draft): number {
  return draft.random.chance(60) ? draft.random.pick(COUNTS) : draft.random.below(256);
}

/** SDM "RCL/RCR/ROL/ROR" and "SAL/SAR/SHL/SHR", "Flags Affected". */
function undefinedAfter(name: string, raw: number, width: Width): number {
  const masked = raw & maskOf(width);
  if (masked === 0) return 0;
  const overflow = masked === 1 ? 0 : OF;
  if (name.startsWith("r")) return overflow;
  return overflow | AF | (masked >= width && name !== "sar" ? CF : 0);
}

/** SDM "SHLD", "SHRD": above the operand size everything is undefined, so such counts are not made. */
function undefinedAfterDouble(raw: number, width: Width): number {
  const masked = raw & maskOf(width);
  return masked === 0 ? 0 : masked === 1 ? AF : AF | OF;
}

function doubleCount(draft: Draft, width: Width): number {
  for (;;) {
    const raw = count(draft);
    if ((raw & maskOf(width)) <= width) return raw;
  }
}

function byOne(name: string, reg: number, width: Width): Form {
  return {
    name: `${name} rm,1 ${width}`,
    make: (draft) => ({
      bytes: encode(draft, { width, opcode: [width === 8 ? 0xd0 : 0xd1], reg, rm: draft.registerOrMemory(width / 8) }),
      undefinedFlags: undefinedAfter(name, 1, width),
    }),
  };
}

function byImmediate(name: string, reg: number, width: Width): Form {
  return {
    name: `${name} rm,i8 ${width}`,
    make: (draft) => {
      const raw = count(draft);
      const rm = draft.registerOrMemory(width / 8);
      const opcode = [width === 8 ? 0xc0 : 0xc1];
      return {
        bytes: encode(draft, { width, opcode, reg, rm, immediate: [raw] }),
        undefinedFlags: undefinedAfter(name, raw, width),
      };
    },
  };
}

function fixCount(draft: Draft, raw: number): void {
  draft.fix(RCX, (draft.random.quad() & ~0xffn) | BigInt(raw));
}

function byRegister(name: string, reg: number, width: Width): Form {
  return {
    name: `${name} rm,cl ${width}`,
    make: (draft) => {
      const raw = count(draft);
      fixCount(draft, raw);
      const rm = draft.registerOrMemory(width / 8);
      return {
        bytes: encode(draft, { width, opcode: [width === 8 ? 0xd2 : 0xd3], reg, rm }),
        undefinedFlags: undefinedAfter(name, raw, width),
      };
    },
  };
}

function double(name: string, opcode: number, width: Width, byCl: boolean): Form {
  return {
    name: `${name} rm,r,${byCl ? "cl" : "i8"} ${width}`,
    make: (draft) => {
      const raw = doubleCount(draft, width);
      if (byCl) fixCount(draft, raw);
      const rm = draft.registerOrMemory(width / 8);
      const bytes = encode(draft, {
        width,
        opcode: [0x0f, opcode + (byCl ? 1 : 0)],
        reg: draft.register(),
        rm,
        immediate: byCl ? [] : [raw],
      });
      return { bytes, undefinedFlags: undefinedAfterDouble(raw, width) };
    },
  };
}

const FLAGLESS = [
  ["shlx", 1],
  ["sarx", 2],
  ["shrx", 3],
] as const;

function rmOf(draft: Draft, width: 32 | 64): RmOperand {
  return draft.registerOrMemory(width / 8);
}

function flagless(width: 32 | 64): Form[] {
  const shifts = FLAGLESS.map(([name, prefix]) => ({
    name: `${name} r,rm,r ${width}`,
    make: (draft: Draft) => {
      const [reg, vvvv, rm] = [draft.register(), draft.register(), rmOf(draft, width)];
      return { bytes: encodeVex({ width, map: 2, prefix, opcode: 0xf7, reg, vvvv, rm }) };
    },
  }));
  const rotate: Form = {
    name: `rorx r,rm,i8 ${width}`,
    make: (draft) => {
      const [reg, rm, immediate] = [draft.register(), rmOf(draft, width), [count(draft)]];
      return { bytes: encodeVex({ width, map: 3, prefix: 3, opcode: 0xf0, reg, vvvv: 0, rm, immediate }) };
    },
  };
  return [...shifts, rotate];
}

/** Shifts and rotates. A count of 0 leaves every flag, which is compared then. */
export const SHIFT_FORMS: readonly Form[] = [
  ...WIDTHS.flatMap((width) =>
    NAMES.flatMap((name, reg) => [
      byOne(name, reg, width),
      byImmediate(name, reg, width),
      byRegister(name, reg, width),
    ]),
  ),
  ...WORD_WIDTHS.flatMap((width) =>
    [false, true].flatMap((byCl) => [double("shld", 0xa4, width, byCl), double("shrd", 0xac, width, byCl)]),
  ),
  ...([32, 64] as const).flatMap(flagless),
];
