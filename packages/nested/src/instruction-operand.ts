import { type Processor, STATE } from "@hvdiff/cpu";
import type { VmcsView } from "@hvdiff/vmx";
import { F } from "./fields.ts";
import type { GuestCpu } from "./guest-cpu.ts";

/** Operands of a VMX instruction as the VM-exit instruction information gives them (SDM 3C "Information for VM Exits Due to Instruction Execution"). */
export interface InstructionOperand {
  /** Linear address of the memory operand; meaningless when `isRegister`. */
  low: number;
  high: number;
  isRegister: boolean;
  /** Segment register of a memory operand, in the order ES CS SS DS FS GS. */
  segment: number;
  /** Register numbers in bits 6:3 and 31:28. */
  register1: number;
  register2: number;
}

const FS = 4;
const GS = 5;
const RSP = 4;

/** Decodes where the operand of an exiting VMX instruction lies. Reads silicon's general registers and the segments of the VMCS that ran. */
export function instructionOperand(silicon: Processor, guest: GuestCpu, v: VmcsView): InstructionOperand {
  const information = v.lo(F.vmExitInstructionInformation);
  const operand = {
    low: 0,
    high: 0,
    isRegister: (information & (1 << 10)) !== 0,
    segment: (information >>> 15) & 7,
    register1: (information >>> 3) & 15,
    register2: (information >>> 28) & 15,
  };
  if (!operand.isRegister) {
    effectiveAddress(silicon, v, information, operand);
    addSegmentBase(guest, operand.segment, operand);
  }
  return operand;
}

interface Halves {
  low: number;
  high: number;
}

function add(sum: Halves, low: number, high: number): void {
  const next = (sum.low >>> 0) + (low >>> 0);
  sum.high = (sum.high + high + (next > 0xffffffff ? 1 : 0)) | 0;
  sum.low = next | 0;
}

const ADDRESS_16 = 0;
const ADDRESS_32 = 1;

function effectiveAddress(silicon: Processor, v: VmcsView, information: number, out: Halves): void {
  out.low = v.lo(F.exitQualification);
  out.high = v.hi(F.exitQualification);
  if ((information & (1 << 27)) === 0) {
    const base = (information >>> 23) & 15;
    add(out, registerLow(silicon, v, base), registerHigh(silicon, v, base));
  }
  if ((information & (1 << 22)) === 0) {
    const index = (information >>> 18) & 15;
    const scale = information & 3;
    const low = registerLow(silicon, v, index);
    const high = registerHigh(silicon, v, index);
    add(out, low << scale, scale === 0 ? high : (high << scale) | (low >>> (32 - scale)));
  }
  const size = (information >>> 7) & 7;
  if (size <= ADDRESS_32) out.high = 0;
  if (size === ADDRESS_16) out.low &= 0xffff;
}

function addSegmentBase(guest: GuestCpu, segment: number, out: Halves): void {
  const { file } = guest;
  const is64 = file.in64BitMode;
  const word = STATE.SEGMENTS + segment * STATE.SEGMENT_STRIDE + STATE.SEGMENT_BASE;
  if (!is64 || segment === FS || segment === GS) add(out, file.s[word]!, file.s[word + 1]!);
  if (!is64) out.high = 0;
}

/** Low half of a general register. RSP is in the VMCS after an exit; the other registers are still silicon's. */
export function registerLow(silicon: Processor, v: VmcsView, number: number): number {
  return number === RSP ? v.lo(F.guestRsp) : silicon.s[STATE.GPR + number * 2]!;
}

export function registerHigh(silicon: Processor, v: VmcsView, number: number): number {
  return number === RSP ? v.hi(F.guestRsp) : silicon.s[STATE.GPR + number * 2 + 1]!;
}

/** A general register as an unsigned 64-bit value. */
export function generalRegister(silicon: Processor, v: VmcsView, number: number): bigint {
  return number === RSP ? v.read("guestRsp") : silicon.gpr(number);
}

export function setGeneralRegister(silicon: Processor, v: VmcsView, number: number, value: bigint): void {
  if (number === RSP) v.write("guestRsp", value);
  else silicon.setGpr(number, value);
}

/** Sets a general register from halves. */
export function setRegisterHalves(silicon: Processor, v: VmcsView, number: number, low: number, high: number): void {
  if (number === RSP) v.set(F.guestRsp, low, high);
  else {
    silicon.s[STATE.GPR + number * 2] = low;
    silicon.s[STATE.GPR + number * 2 + 1] = high;
  }
}
