import type { Draft, RmOperand, Width } from "./draft.ts";
import { littleEndian } from "./draft.ts";
import { CODE } from "./native-case.ts";

/** One instruction with a ModRM byte. */
export interface Encoding {
  readonly width: Width;
  /** Escape bytes and opcode. */
  readonly opcode: readonly number[];
  readonly reg: number;
  readonly rm: RmOperand;
  readonly immediate?: readonly number[];
  /** Mandatory prefix 66, F2 or F3. */
  readonly prefix?: number;
  /** 64 bits are the default, so that no REX.W is needed. */
  readonly default64?: boolean;
  readonly lock?: boolean;
}

function rexOf(e: Encoding): number {
  const wide = e.width === 64 && e.default64 !== true ? 8 : 0;
  return wide | (e.reg >= 8 ? 4 : 0) | (e.rm.rexX ? 2 : 0) | (e.rm.rexB ? 1 : 0);
}

function withRipDisplacement(bytes: number[], rm: RmOperand, behind: number): number[] {
  if (rm.ripTarget === undefined) return bytes;
  const at = bytes.length - behind - 4;
  bytes.splice(at, 4, ...littleEndian(rm.ripTarget - (CODE + bytes.length), 4));
  return bytes;
}

/** Bytes of an instruction. A draft that is not legacy gets a REX prefix in byte forms, which turns AH … BH into SPL … DIL. */
export function encode(draft: Draft, e: Encoding): number[] {
  const rex = rexOf(e);
  const bytes = [
    ...(e.lock === true ? [0xf0] : []),
    ...e.rm.prefixes,
    ...(e.prefix === 0x66 ? [] : draft.sizePrefix(e.width)),
    ...(e.prefix === undefined ? [] : [e.prefix]),
    ...(rex !== 0 || (!draft.legacy && e.width === 8) ? [0x40 | rex] : []),
    ...e.opcode,
    (e.rm.mod << 6) | ((e.reg & 7) << 3) | e.rm.rm,
    ...e.rm.tail,
    ...(e.immediate ?? []),
  ];
  return withRipDisplacement(bytes, e.rm, e.immediate?.length ?? 0);
}

/** A VEX-encoded instruction. */
export interface VexEncoding {
  /** VEX.W. */
  readonly width: 32 | 64;
  /** VEX.L; 128 also for LZ. */
  readonly length?: 128 | 256;
  /** Opcode map: 1 is 0F, 2 is 0F 38, 3 is 0F 3A. */
  readonly map: 1 | 2 | 3;
  /** 0 none, 1 66, 2 F3, 3 F2. */
  readonly prefix: 0 | 1 | 2 | 3;
  readonly opcode: number;
  readonly reg: number;
  /** 0 where the instruction has no such operand. */
  readonly vvvv: number;
  readonly rm: RmOperand;
  readonly immediate?: readonly number[];
  /** Use the prefix of two bytes where the operands allow it. */
  readonly short?: boolean;
}

function vexPrefix(e: VexEncoding): number[] {
  const notR = e.reg >= 8 ? 0 : 0x80;
  const rest = ((~e.vvvv & 15) << 3) | (e.length === 256 ? 4 : 0) | e.prefix;
  if (e.short === true && e.map === 1 && e.width === 32 && !e.rm.rexX && !e.rm.rexB) return [0xc5, notR | rest];
  const inverted = notR | (e.rm.rexX ? 0 : 0x40) | (e.rm.rexB ? 0 : 0x20);
  return [0xc4, inverted | e.map, (e.width === 64 ? 0x80 : 0) | rest];
}

export function encodeVex(e: VexEncoding): number[] {
  const bytes = [
    ...e.rm.prefixes,
    ...vexPrefix(e),
    e.opcode,
    (e.rm.mod << 6) | ((e.reg & 7) << 3) | e.rm.rm,
    ...e.rm.tail,
    ...(e.immediate ?? []),
  ];
  return withRipDisplacement(bytes, e.rm, e.immediate?.length ?? 0);
}
