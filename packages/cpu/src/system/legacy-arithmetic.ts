import { AF, CF, OF, PF, readRflags, SF, writeArithmeticFlags, ZF } from "../flags.ts";
import { type Executor, STATUS_NEXT } from "../op.ts";
import type { Processor } from "../processor.ts";
import { GPR } from "../state-layout.ts";
import { DE, raise } from "./exceptions.ts";

const RAX = GPR;

function al(c: Processor): number {
  return c.s[RAX]! & 0xff;
}

function setAx(c: Processor, value: number): void {
  c.s[RAX] = (c.s[RAX]! & ~0xffff) | (value & 0xffff);
}

function setAl(c: Processor, value: number): void {
  c.s[RAX] = (c.s[RAX]! & ~0xff) | (value & 0xff);
}

function byteFlags(value: number): number {
  let ones = 0;
  for (let bit = 0; bit < 8; bit++) ones += (value >>> bit) & 1;
  return ((value & 0xff) === 0 ? ZF : 0) | ((value & 0x80) !== 0 ? SF : 0) | (ones % 2 === 0 ? PF : 0);
}

/** DAA (`sign` 1) and DAS (`sign` -1). */
function decimalAdjust(sign: 1 | -1): Executor {
  return (c) => {
    const flags = readRflags(c.s);
    const old = al(c);
    let value = old;
    let result = 0;
    if ((old & 15) > 9 || (flags & AF) !== 0) {
      value += 6 * sign;
      result |= AF;
      if ((flags & CF) !== 0 || value < 0 || value > 0xff) result |= CF;
    }
    if (old > 0x99 || (flags & CF) !== 0) {
      value += 0x60 * sign;
      result |= CF;
    } else if (sign === 1) result &= ~CF;
    setAl(c, value);
    writeArithmeticFlags(c.s, result | byteFlags(value & 0xff));
    return STATUS_NEXT;
  };
}

/** AAA and AAS. */
function asciiAdjust(sign: 1 | -1): Executor {
  return (c) => {
    const adjusts = (al(c) & 15) > 9 || (readRflags(c.s) & AF) !== 0;
    if (adjusts) setAx(c, (c.s[RAX]! & 0xffff) + sign * 0x106);
    setAl(c, al(c) & 15);
    writeArithmeticFlags(c.s, (adjusts ? AF | CF : 0) | byteFlags(al(c)));
    return STATUS_NEXT;
  };
}

const aam: Executor = (c, i) => {
  const base = i.immLow & 0xff;
  if (base === 0) return raise(c, DE);
  const value = al(c);
  setAx(c, (Math.floor(value / base) << 8) | (value % base));
  writeArithmeticFlags(c.s, byteFlags(al(c)));
  return STATUS_NEXT;
};

const aad: Executor = (c, i) => {
  const high = (c.s[RAX]! >>> 8) & 0xff;
  setAx(c, (al(c) + high * (i.immLow & 0xff)) & 0xff);
  writeArithmeticFlags(c.s, byteFlags(al(c)));
  return STATUS_NEXT;
};

const FLAGS_IN_AH = SF | ZF | AF | PF | CF;

const lahf: Executor = (c) => {
  const flags = (readRflags(c.s) & FLAGS_IN_AH) | 2;
  c.s[RAX] = (c.s[RAX]! & ~0xff00) | (flags << 8);
  return STATUS_NEXT;
};

const sahf: Executor = (c) => {
  const loaded = (c.s[RAX]! >>> 8) & FLAGS_IN_AH;
  writeArithmeticFlags(c.s, (readRflags(c.s) & OF) | loaded);
  return STATUS_NEXT;
};

/** Decimal and ASCII adjustment, and the flags in AH. SDM 2 "Instruction Set Reference". */
export const LEGACY_ARITHMETIC: Readonly<Record<string, Executor>> = {
  daa: decimalAdjust(1),
  das: decimalAdjust(-1),
  aaa: asciiAdjust(1),
  aas: asciiAdjust(-1),
  aam,
  aad,
  lahf,
  sahf,
};
