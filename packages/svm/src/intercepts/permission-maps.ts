import { type Op, STATUS_NEXT } from "@hvdiff/cpu";
import { VMEXIT_CODES } from "@hvdiff/spec";
import type { SvmCore } from "../core.ts";
import * as W from "../state.ts";
import { endInstructionExit } from "./instruction-exit.ts";

const TYPE_IN = 1;
const STRING = 1 << 2;
const REPEATED = 1 << 3;
const SIZE_SHIFT = 4;
const ADDRESS_SIZE_SHIFT = 7;
const SEGMENT_SHIFT = 10;
const PORT_SHIFT = 16;
const MSR_RANGES: readonly number[] = [0x0000_0000, 0xc000_0000, 0xc001_0000];
const MSRS_PER_RANGE = 0x2000;
const BYTES_PER_RANGE = 0x800;

/** Memory that the maps lie in. */
interface ByteMemory {
  read8(address: number): number;
}

/** Whether the MSR permission map asks for an exit: two bits for each MSR of three ranges, and all others always (APM 2 "MSR Intercepts"). */
export function isMsrIntercepted(memory: ByteMemory, map: number, index: number, write: number): boolean {
  const range = MSR_RANGES.findIndex((first) => index >= first && index < first + MSRS_PER_RANGE);
  if (range < 0) return true;
  const bit = (index - MSR_RANGES[range]!) * 2 + write;
  const byte = memory.read8(map + range * BYTES_PER_RANGE + (bit >>> 3));
  return ((byte >>> (bit & 7)) & 1) !== 0;
}

function interceptMsr(core: SvmCore, op: Op, index: number, write: number): number {
  if (!isMsrIntercepted(core.memory, core.c.f64[W.MSRPM]!, index, write)) return STATUS_NEXT;
  core.information.begin(VMEXIT_CODES.MSR.code).first(write);
  return endInstructionExit(core, op);
}

/** RDMSR of an index. */
export function interceptRdmsr(core: SvmCore, op: Op, index: number): number {
  return interceptMsr(core, op, index, 0);
}

/** WRMSR of an index. */
export function interceptWrmsr(core: SvmCore, op: Op, index: number): number {
  return interceptMsr(core, op, index, 1);
}

/** Each byte of the access has a bit; behind the last port the map goes on. */
export function isIoIntercepted(memory: ByteMemory, map: number, port: number, size: number): boolean {
  for (let n = port; n < port + size; n++) {
    const byte = memory.read8(map + Math.floor(n / 8));
    if (((byte >>> (n & 7)) & 1) !== 0) return true;
  }
  return false;
}

function isString(mnemonic: string): boolean {
  return mnemonic.startsWith("ins") || mnemonic.startsWith("outs");
}

/** Bytes of an I/O access, from the mnemonic of string forms or the accumulator operand. */
function accessSize(op: Op): number {
  const { mnemonic, operands, operandSize } = op.instruction;
  const last = mnemonic.at(-1);
  if (isString(mnemonic)) return last === "b" ? 1 : last === "w" ? 2 : 4;
  const accumulator = operands[mnemonic === "in" ? 0 : 1];
  const bits = accumulator?.kind === "register" ? accumulator.size : operandSize;
  return bits === 8 ? 1 : bits === 16 ? 2 : 4;
}

/** IN, OUT, INS, OUTS at a port; EXITINFO2 is the next RIP (APM 2 "IOIO Intercepts"). */
export function interceptIo(core: SvmCore, op: Op, port: number): number {
  const { mnemonic, repeat, addressSize } = op.instruction;
  const size = accessSize(op);
  if (!isIoIntercepted(core.memory, core.c.f64[W.IOPM]!, port, size)) return STATUS_NEXT;
  const string = isString(mnemonic);
  const reportsSegment = string && core.capabilities.decodeAssists;
  const type =
    (mnemonic.startsWith("in") ? TYPE_IN : 0) |
    (string ? STRING : 0) |
    (string && repeat !== "none" ? REPEATED : 0) |
    (size << SIZE_SHIFT) |
    ((addressSize / 16) << ADDRESS_SIZE_SHIFT) |
    (reportsSegment ? op.segment << SEGMENT_SHIFT : 0) |
    (port << PORT_SHIFT);
  core.information.begin(VMEXIT_CODES.IOIO.code).first(type).second(op.nextLow, op.nextHigh);
  return endInstructionExit(core, op);
}
