import { FLAG_AUX, FLAG_RESULT, FLAG_RESULT_HIGH, FLAG_SYSTEM } from "./state-layout.ts";

/*
 * Arithmetic flags are kept as the last result and a carry word, and become bits only when someone looks:
 *   ZF  the result is zero                          SF  sign of the result, flipped by AUX bit 0
 *   PF  parity of result byte 0 xor AUX bits 15:8   AF  AUX bit 3
 *   CF  AUX bit 31                                  OF  AUX bit 31 xor AUX bit 30 (the two top carries)
 * The flip and parity bytes exist so that POPF can ask for combinations that no result has.
 */

export const CF = 1;
export const PF = 1 << 2;
export const AF = 1 << 4;
export const ZF = 1 << 6;
export const SF = 1 << 7;
export const TF = 1 << 8;
export const IF = 1 << 9;
export const DF = 1 << 10;
export const OF = 1 << 11;
export const NT = 1 << 14;
export const RF = 1 << 16;
export const VM = 1 << 17;
export const AC = 1 << 18;
export const VIF = 1 << 19;
export const VIP = 1 << 20;
export const ID = 1 << 21;

/** RFLAGS bits outside the arithmetic six that exist: TF IF DF IOPL NT RF VM AC VIF VIP ID. */
export const SYSTEM_FLAGS = TF | IF | DF | (3 << 12) | NT | RF | VM | AC | VIF | VIP | ID;

function parityEven(byte: number): boolean {
  const folded = byte ^ (byte >>> 4);
  return ((0x6996 >>> (folded & 15)) & 1) === 0;
}

/** RFLAGS[31:0] with bit 1 set. */
export function readRflags(s: Int32Array): number {
  const low = s[FLAG_RESULT]!;
  const aux = s[FLAG_AUX]!;
  const high = s[FLAG_RESULT_HIGH]!;
  let flags = s[FLAG_SYSTEM]! | 2;
  if (aux < 0) flags |= CF;
  if (((aux >>> 31) ^ (aux >>> 30)) & 1) flags |= OF;
  if (aux & 8) flags |= AF;
  if ((low | high) === 0) flags |= ZF;
  if (((high >>> 31) ^ aux) & 1) flags |= SF;
  if (parityEven((low ^ (aux >>> 8)) & 0xff)) flags |= PF;
  return flags;
}

/** Sets the six arithmetic flags from their RFLAGS positions. */
export function writeArithmeticFlags(s: Int32Array, flags: number): void {
  const zero = (flags & ZF) !== 0;
  // A zero result has even parity and no sign; a result of 1 has odd parity and no sign.
  const low = zero ? 0 : 1;
  const wantEven = (flags & PF) !== 0;
  const flipParity = wantEven !== zero ? 1 << 8 : 0;
  const carry = (flags & CF) !== 0 ? 1 : 0;
  const overflow = (flags & OF) !== 0 ? 1 : 0;
  s[FLAG_RESULT] = low;
  s[FLAG_RESULT_HIGH] = 0;
  s[FLAG_AUX] =
    (carry << 31) |
    ((carry ^ overflow) << 30) |
    flipParity |
    ((flags & AF) !== 0 ? 8 : 0) |
    ((flags & SF) !== 0 ? 1 : 0);
}

/** Sets RFLAGS[31:0]; bits that do not exist are dropped. The caller has decided which bits may change. */
export function writeRflags(s: Int32Array, flags: number): void {
  writeArithmeticFlags(s, flags);
  s[FLAG_SYSTEM] = flags & SYSTEM_FLAGS;
}

/** Jump condition `cc` (0-15: O NO B AE E NE BE A S NS P NP L GE LE G) against the flags. */
export function conditionHolds(s: Int32Array, cc: number): boolean {
  const aux = s[FLAG_AUX]!;
  const high = s[FLAG_RESULT_HIGH]!;
  const low = s[FLAG_RESULT]!;
  const sign = ((high >>> 31) ^ aux) & 1;
  const overflow = ((aux >>> 31) ^ (aux >>> 30)) & 1;
  let holds: boolean;
  switch (cc >> 1) {
    case 0:
      holds = overflow !== 0;
      break;
    case 1:
      holds = aux < 0;
      break;
    case 2:
      holds = (low | high) === 0;
      break;
    case 3:
      holds = aux < 0 || (low | high) === 0;
      break;
    case 4:
      holds = sign !== 0;
      break;
    case 5:
      holds = parityEven((low ^ (aux >>> 8)) & 0xff);
      break;
    case 6:
      holds = sign !== overflow;
      break;
    default:
      holds = sign !== overflow || (low | high) === 0;
      break;
  }
  return (cc & 1) === 0 ? holds : !holds;
}
