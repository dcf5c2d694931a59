import type { CodeBits, VectorPrefix } from "./instruction.ts";

/** The architectural limit on the length of an instruction. */
const MAXIMUM_LENGTH = 15;

/** How the bytes read so far failed to be an instruction; "none" while all is well. The first failure stays. */
export type CursorFailure = "none" | "undefined" | "too-long" | "truncated";

/**
 * The working state of one decode: where it reads, the prefixes it saw, and the ModRM byte split into fields.
 * Reading past the end yields zeros and records the failure, so that the readers need no error paths.
 */
export class DecodeCursor {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly bits: CodeBits;
  readonly end: number;
  position: number;
  failure: CursorFailure = "none";

  /** The last of F2 and F3, or 0. Cleared when the opcode map consumes it as a mandatory prefix. */
  repeatPrefix = 0;
  /** 66 was seen. Cleared when the opcode map consumes it as a mandatory prefix. */
  operandSizePrefix = false;
  lock = false;
  /** Segment override 0-5, or -1. */
  segmentOverride = -1;
  hasRex = false;
  rexW = false;
  /** The extension bits of a REX or VEX prefix, already in place: 0 or 8. */
  rexR = 0;
  rexX = 0;
  rexB = 0;

  /** Opcode byte within its map. */
  opcode = 0;
  operandSize: 8 | 16 | 32 | 64 = 32;
  addressSize: 16 | 32 | 64 = 32;

  hasModrm = false;
  mod = 0;
  reg = 0;
  rm = 0;

  vectorPrefix: VectorPrefix | undefined = undefined;
  /** A prefix stood before the vector prefix that may not stand there. */
  hasForbiddenPrefix = false;
  /** The register in VEX.vvvv, whether the field is other than 1111, and the vector length in bits. */
  vvvv = 0;
  hasVvvv = false;
  vectorLength: 0 | 128 | 256 | 512 = 128;
  /** EVEX: the fifth bits of ModRM.reg, of a vector in ModRM.rm and of vvvv or a vector index, in place: 0 or 16. */
  evexR = 0;
  evexX = 0;
  evexV = 0;
  /** EVEX.V' is not 1. */
  hasEvexV = false;
  /** EVEX.aaa, z, b and L'L as they stand. */
  evexMask = 0;
  evexZeroing = false;
  evexB = false;
  evexLength = 0;
  /** EVEX: bits of the memory element that is broadcast, and of the unit of a displacement byte where it is not the operand. */
  broadcastElement = 0;
  displacementUnit = 0;
  /** The byte that names a fourth register operand. */
  is4 = 0;

  /** The memory operand of the ModRM byte, filled by `readAddress`. */
  base = -1;
  index = -1;
  scale: 1 | 2 | 4 | 8 = 1;
  disp = 0;
  hasDisp8 = false;
  ripRelative = false;
  defaultSegment = 3;

  constructor(bytes: Uint8Array, offset: number, available: number, bits: CodeBits) {
    this.bytes = bytes;
    this.start = offset;
    this.position = offset;
    this.bits = bits;
    this.end = offset + Math.min(available, MAXIMUM_LENGTH);
  }

  fail(failure: CursorFailure): void {
    if (this.failure === "none") this.failure = failure;
  }

  /** The next byte, left in place; 0 past the end. */
  peekByte(): number {
    return this.position < this.end ? this.bytes[this.position]! : 0;
  }

  readByte(): number {
    if (this.position >= this.end) {
      this.fail(this.end - this.start >= MAXIMUM_LENGTH ? "too-long" : "truncated");
      return 0;
    }
    return this.bytes[this.position++]!;
  }

  readSigned8(): number {
    return (this.readByte() << 24) >> 24;
  }

  readUnsigned16(): number {
    const low = this.readByte();
    return low | (this.readByte() << 8);
  }

  readSigned16(): number {
    return (this.readUnsigned16() << 16) >> 16;
  }

  readSigned32(): number {
    const low = this.readUnsigned16();
    return low | (this.readUnsigned16() << 16);
  }

  readModrm(): void {
    const modrm = this.readByte();
    this.hasModrm = true;
    this.mod = modrm >> 6;
    this.reg = (modrm >> 3) & 7;
    this.rm = modrm & 7;
  }
}
