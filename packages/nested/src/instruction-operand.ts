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
  /** Register numbers in bits 6:3 and 31:28. */
  register1: number;
  register2: number;
}

const FS = 4;
const GS = 5;

/** Decodes where the operand of an exiting VMX instruction lies. Reads silicon's general registers and the segments of the VMCS that ran. */
export function instructionOperand(silicon: Processor, guest: GuestCpu, v: VmcsView): InstructionOperand {
  const information = v.lo(F.vmExitInstructionInformation);
  const operand = {
    low: 0,
    high: 0,
    isRegister: (information & (1 << 10)) !== 0,
    register1: (information >>> 3) & 15,
    register2: (information >>> 28) & 15,
  };
  if (!operand.isRegister) linearAddress(silicon, guest, v, information, operand);
  return operand;
}

function linearAddress(
  silicon: Processor,
  guest: GuestCpu,
  v: VmcsView,
  information: number,
  out: InstructionOperand,
): void {
  let offset = BigInt.asIntN(64, v.read("exitQualification"));
  if ((information & (1 << 27)) === 0) offset += generalRegister(silicon, v, (information >>> 23) & 15);
  if ((information & (1 << 22)) === 0)
    offset += generalRegister(silicon, v, (information >>> 18) & 15) << BigInt(information & 3);
  const addressBits = 16 << ((information >>> 7) & 7);
  offset = BigInt.asUintN(addressBits, offset);
  const segment = (information >>> 15) & 7;
  const word = STATE.SEGMENTS + segment * STATE.SEGMENT_STRIDE + STATE.SEGMENT_BASE;
  const flat = guest.file.in64BitMode && segment !== FS && segment !== GS;
  const linear = BigInt.asUintN(guest.file.in64BitMode ? 64 : 32, offset + (flat ? 0n : guest.file.get64(word)));
  out.low = Number(BigInt.asIntN(32, linear));
  out.high = Number(BigInt.asIntN(32, linear >> 32n));
}

const RSP = 4;

/** RSP is in the VMCS after an exit; the other registers are still silicon's. */
export function generalRegister(silicon: Processor, v: VmcsView, number: number): bigint {
  return number === RSP ? v.read("guestRsp") : silicon.gpr(number);
}

export function setGeneralRegister(silicon: Processor, v: VmcsView, number: number, value: bigint): void {
  if (number === RSP) v.write("guestRsp", value);
  else silicon.setGpr(number, value);
}
