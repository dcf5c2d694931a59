import { ACCESS_READ, ACCESS_WRITE, memoryAddress, type Op, STATE, STATUS_NEXT, segmentAddress } from "@hvdiff/cpu";
import { exitReasonNumber } from "@hvdiff/spec";
import { joinAddress } from "../address.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import { stringInformation } from "../exit/instruction-information.ts";
import * as F from "../fields.ts";
import * as W from "../state.ts";
import { beginInstructionExit, endInstructionExit, plainExit } from "./instruction-exit.ts";
import { readX2apic, writeX2apic } from "./x2apic.ts";

const MSR_READ = exitReasonNumber("MSR_READ");
const MSR_WRITE = exitReasonNumber("MSR_WRITE");
const IO_INSTRUCTION = exitReasonNumber("IO_INSTRUCTION");
const HIGH_MSRS = 0x400;
const WRITES = 0x800;
const LAST_PORT = 0xffff;
const PORTS_PER_BITMAP = 0x8000;
const DIRECTION_IN = 1 << 3;
const STRING = 1 << 4;
const REPEATED = 1 << 5;
const IMMEDIATE = 1 << 6;
const RSI = 6;
const RDI = 7;

/** Whether the bitmap of the running VMCS asks for an exit (SDM 3C "MSR-Bitmap Address"). */
function isMsrIntercepted({ c, s, vmcs }: VmxCore, index: number, part: number): boolean {
  if ((s[W.PRIMARY]! & C.USE_MSR_BITMAPS) === 0) return true;
  const high = index >>> 13 === 0xc0000000 >>> 13;
  if (!high && index >>> 13 !== 0) return true;
  const bit = index & 0x1fff;
  const bitmap = joinAddress(vmcs.lo(F.MSR_BITMAP), vmcs.hi(F.MSR_BITMAP));
  const byte = c.memory.read8(bitmap + part + (high ? HIGH_MSRS : 0) + (bit >>> 3));
  return ((byte >>> (bit & 7)) & 1) !== 0;
}

/** RDMSR of an index. */
export function interceptRdmsr(core: VmxCore, op: Op, index: number): number {
  return isMsrIntercepted(core, index, 0) ? plainExit(core, op, MSR_READ) : readX2apic(core, op, index);
}

/** WRMSR of an index. */
export function interceptWrmsr(core: VmxCore, op: Op, index: number): number {
  return isMsrIntercepted(core, index, WRITES) ? plainExit(core, op, MSR_WRITE) : writeX2apic(core, op, index);
}

function isPortSet({ c, vmcs }: VmxCore, port: number): boolean {
  const field = port < PORTS_PER_BITMAP ? F.IO_BITMAP_A : F.IO_BITMAP_B;
  const byte = c.memory.read8(joinAddress(vmcs.lo(field), vmcs.hi(field)) + ((port & 0x7fff) >>> 3));
  return ((byte >>> (port & 7)) & 1) !== 0;
}

function isIoIntercepted(core: VmxCore, port: number, size: number): boolean {
  if ((core.s[W.PRIMARY]! & C.USE_IO_BITMAPS) === 0) return true;
  if (port + size - 1 > LAST_PORT) return true;
  for (let n = 0; n < size; n++) if (isPortSet(core, port + n)) return true;
  return false;
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

function isString(mnemonic: string): boolean {
  return mnemonic.startsWith("ins") || mnemonic.startsWith("outs");
}

/** Linear address and instruction information of INS and OUTS. */
function describeString(core: VmxCore, op: Op, isIn: boolean): void {
  const { c, s, information, capabilities } = core;
  const register = STATE.GPR + (isIn ? RDI : RSI) * 2;
  const size = op.instruction.addressSize;
  const low = size === 16 ? s[register]! & 0xffff : s[register]!;
  const high = size === 64 ? s[register + 1]! : 0;
  const segment = isIn ? STATE.ES : op.segment;
  information.guestLinearLow = segmentAddress(c, segment, low, high, 1, isIn ? ACCESS_WRITE : ACCESS_READ);
  information.guestLinearHigh = c.hi;
  information.hasGuestLinear = true;
  c.fault = 0;
  if (capabilities.insOutsInformation) information.instructionInformation = stringInformation(op);
}

/** IN, OUT, INS, OUTS at a port. */
export function interceptIo(core: VmxCore, op: Op, port: number): number {
  const { mnemonic, operands, repeat } = op.instruction;
  const size = accessSize(op);
  if (!isIoIntercepted(core, port, size)) return STATUS_NEXT;
  const isIn = mnemonic.startsWith("in");
  const string = isString(mnemonic);
  beginInstructionExit(core, op, IO_INSTRUCTION);
  core.information.qualify(
    (size - 1) |
      (isIn ? DIRECTION_IN : 0) |
      (string ? STRING : 0) |
      (string && repeat !== "none" ? REPEATED : 0) |
      (operands.some((operand) => operand.kind === "immediate") ? IMMEDIATE : 0) |
      (port << 16),
    0,
  );
  if (string) describeString(core, op, isIn);
  return endInstructionExit(core);
}

/** INVLPG: the qualification is the linear address. */
export function interceptInvlpg(core: VmxCore, op: Op): number {
  const { c } = core;
  const low = memoryAddress(c, op, 1, ACCESS_READ);
  const high = c.hi;
  c.fault = 0;
  beginInstructionExit(core, op, exitReasonNumber("INVLPG"));
  core.information.qualify(low, high);
  return endInstructionExit(core);
}
