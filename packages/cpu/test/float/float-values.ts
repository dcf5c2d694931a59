import type { Format } from "../../src/float/format.ts";
import type { Random } from "../native/random.ts";

function fractionOf(random: Random, f: Format): bigint {
  const bit = 1n << BigInt(random.below(f.fraction));
  const noise = random.quad();
  const short = noise << BigInt(random.below(f.fraction));
  return random.pick([0n, f.fractionMask, bit, ~bit, short, noise]) & f.fractionMask;
}

/** Exponent fields, from the ends of the range and from where operations round, cancel, overflow and underflow. */
function exponentOf(random: Random, f: Format): number {
  const { bias, exponentMask, fraction } = f;
  switch (random.below(10)) {
    case 0:
      return 0;
    case 1:
      return random.below(fraction + 4);
    case 2:
      return exponentMask - 1 - random.below(2);
    case 3:
    case 4:
      return bias + random.below(41) - 20;
    case 5:
      return bias + random.below(2 * fraction + 8) - 3;
    case 6:
      return (bias >> 1) + random.below(9) - 4;
    case 7:
      return bias + (bias >> 1) + random.below(9) - 4;
    default:
      return random.below(exponentMask);
  }
}

/** A floating-point operand that finds mistakes: NaNs, infinities, zeros, denormals, limits, numbers that nearly cancel. */
export function floatOperand(random: Random, f: Format): bigint {
  const sign = random.chance(50) ? f.signBit : 0n;
  const kind = random.below(20);
  if (kind === 0) return sign;
  if (kind === 1) return sign | f.infinity;
  if (kind === 2) return sign | f.infinity | (fractionOf(random, f) & ~f.quietBit) | 1n;
  if (kind === 3) return sign | f.infinity | fractionOf(random, f) | f.quietBit;
  const field = Math.min(Math.max(exponentOf(random, f), 0), f.exponentMask - 1);
  return sign | (BigInt(field) << BigInt(f.fraction)) | fractionOf(random, f);
}

/** A number with few bits, which most operations leave exact. */
export function plainOperand(random: Random, f: Format): bigint {
  const exponent = BigInt(f.bias + random.below(7) - 2) << BigInt(f.fraction);
  return (random.chance(30) ? f.signBit : 0n) | exponent | (BigInt(random.below(8)) << BigInt(f.fraction - 3));
}

/** An MXCSR value: every rounding mode, any flags, denormals as zeros and flush to zero now and then, masks mostly set. */
export function mxcsrOperand(random: Random): number {
  const masks = random.pick([0x1f80, 0x1f80, 0x1f80, 0x1f80 & ~(0x80 << random.below(6)), random.below(64) << 7]);
  const flags = random.chance(40) ? random.below(64) : 0;
  const modes = (random.chance(20) ? 0x40 : 0) | (random.chance(20) ? 0x8000 : 0);
  return masks | flags | modes | (random.chance(50) ? 0 : random.below(4) << 13);
}
