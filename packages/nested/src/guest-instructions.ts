import { controlOperand, generalOperand, type LoneInstruction, type Processor, STATE } from "@hvdiff/cpu";
import { EXIT_REASONS } from "@hvdiff/spec";
import type { VmcsView } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { F } from "./fields.ts";
import { setGeneralRegister } from "./instruction-operand.ts";
import { accessOfferedMsr } from "./offered-msrs.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/** How L0 does an instruction of its guest that exited. */
export type GuestInstruction = (vcpu: VmxVcpu) => void;

const RFLAGS_TF = 1 << 8;
const DEBUGCTL_BTF = 1 << 1;
/** BS of DR6, and of what is pending. */
const SINGLE_STEP = 1 << 14;
const VECTOR_DEBUG = 1;
const BLOCKED_BY_STI_OR_MOV_SS = 3;

/** The exiting instruction is done: go on behind it. */
export function skipInstruction(vcpu: VmxVcpu): void {
  const v = vcpu.current;
  const length = v.lo(F.vmExitInstructionLength);
  const low = v.lo(F.guestRip);
  const next = (low + length) | 0;
  v.set(F.guestRip, next, v.hi(F.guestRip) + (next >>> 0 < low >>> 0 ? 1 : 0));
  finishInstruction(vcpu);
}

/** An instruction that L0 has done ends the interrupt shadow before it, and counts as one instruction of guest time. */
export function finishInstruction(vcpu: VmxVcpu): void {
  const v = vcpu.current;
  v.set(F.guestInterruptibilityState, v.lo(F.guestInterruptibilityState) & ~BLOCKED_BY_STI_OR_MOV_SS, 0);
  vcpu.state.monitorTrapOwed = vcpu.state.guestMode && wantsMonitorTrap(vcpu);
  if (singleSteps(v)) noteSingleStep(vcpu);
  vcpu.silicon.retired += 1;
}

/** The trap behind the instruction is pending, unless L0 makes it up. */
function noteSingleStep(vcpu: VmxVcpu): void {
  const v = vcpu.current;
  const isMadeUp = vcpu.l0.options.policy.trapBehindOwnInstruction === "step-alone" && !vcpu.state.monitorTrapOwed;
  if (isMadeUp) vcpu.state.owed = { vector: VECTOR_DEBUG, errorCode: -1, low: SINGLE_STEP, high: 0 };
  else v.set(F.guestPendingDebugExceptions, v.lo(F.guestPendingDebugExceptions) | SINGLE_STEP, 0);
}

/** Whether L1 wants an exit behind each instruction of L2. Silicon makes it for those that L0 does not do. */
function wantsMonitorTrap(vcpu: VmxVcpu): boolean {
  if (!vcpu.l0.options.policy.monitorTrapBehindOwnInstruction) return false;
  return (vcpu.environment.currentVmcs()!.lo(F.primaryProcessorBasedControls) & C.PROC_MONITOR_TRAP) !== 0;
}

/** Whether the guest traps behind each instruction: silicon delivers the trap, with the breakpoints that MOV SS held back, at the next entry. */
function singleSteps(v: VmcsView): boolean {
  return (v.lo(F.guestRflags) & RFLAGS_TF) !== 0 && (v.lo(F.guestIa32Debugctl) & DEBUGCTL_BTF) === 0;
}

/** Does the instruction on the register file that L0 keeps, with the CPU that L1 is shown. */
function emulate(lone: LoneInstruction): GuestInstruction {
  return (vcpu) => {
    if (vcpu.guestCpu.execute(vcpu.current, lone, vcpu.state)) skipInstruction(vcpu);
    else vcpu.state.owed = vcpu.guestCpu.owedException();
  };
}

function halt(vcpu: VmxVcpu): void {
  skipInstruction(vcpu);
  // A trap behind HLT ends it at once.
  vcpu.state.halted = !singleSteps(vcpu.current) && !vcpu.state.monitorTrapOwed;
}

const CPUID: LoneInstruction = { mnemonic: "cpuid" };
const STRING_MNEMONICS: Readonly<Record<number, readonly [input: string, output: string]>> = {
  1: ["insb", "outsb"],
  2: ["insw", "outsw"],
  4: ["insd", "outsd"],
};

function portIo(vcpu: VmxVcpu): void {
  const qualification = vcpu.current.lo(F.exitQualification);
  const size = (qualification & 7) + 1;
  const input = (qualification & 8) !== 0;
  if ((qualification & 16) !== 0) {
    const mnemonic = STRING_MNEMONICS[size]![input ? 0 : 1];
    emulate({ mnemonic, repeat: (qualification & 32) !== 0 ? "rep" : "none", operandSize: (size * 8) as 8 | 16 | 32 })(
      vcpu,
    );
    return;
  }
  const port = (qualification >>> 16) & 0xffff;
  vcpu.interrupts.advanceTo(vcpu.silicon.retired);
  vcpu.guestCpu.file.outsideAccesses++;
  if (input) setAccumulator(vcpu.silicon, size, vcpu.l0.pc.readPort(port, size));
  else
    vcpu.l0.pc.writePort(
      port,
      size,
      size === 4 ? vcpu.silicon.s[STATE.GPR]! >>> 0 : vcpu.silicon.s[STATE.GPR]! & ((1 << (size * 8)) - 1),
    );
  skipInstruction(vcpu);
}

function setAccumulator(silicon: Processor, size: number, value: number): void {
  const s = silicon.s;
  if (size === 4) {
    s[STATE.GPR] = value | 0;
    s[STATE.GPR + 1] = 0;
  } else {
    const mask = (1 << (size * 8)) - 1;
    s[STATE.GPR] = (s[STATE.GPR]! & ~mask) | (value & mask);
  }
}

const MOVE_TO_CR = 0;
const MOVE_FROM_CR = 1;
const CLTS = 2;

function controlRegister(vcpu: VmxVcpu): void {
  const qualification = vcpu.current.lo(F.exitQualification);
  const control = qualification & 15;
  const kind = (qualification >>> 4) & 3;
  const register = (qualification >>> 8) & 15;
  if (kind === MOVE_TO_CR)
    emulate({ mnemonic: "mov", operands: [controlOperand(control), generalOperand(register)] })(vcpu);
  else if (kind === MOVE_FROM_CR)
    emulate({ mnemonic: "mov", operands: [generalOperand(register), controlOperand(control)] })(vcpu);
  else if (kind === CLTS) emulate({ mnemonic: "clts" })(vcpu);
  else loadMachineStatusWord(vcpu, (qualification >>> 16) & 0xffff);
}

/** LMSW: the exit qualification has the source, wherever it was read from. */
function loadMachineStatusWord(vcpu: VmxVcpu, source: number): void {
  const v = vcpu.current;
  const saved = vcpu.silicon.gpr(0);
  setGeneralRegister(vcpu.silicon, v, 0, BigInt(source));
  emulate({ mnemonic: "lmsw", operands: [generalOperand(0, 16)], operandSize: 16 })(vcpu);
  vcpu.silicon.setGpr(0, saved);
}

function msr(writes: boolean): GuestInstruction {
  const architectural = emulate({ mnemonic: writes ? "wrmsr" : "rdmsr" });
  return (vcpu) => {
    if (!accessOfferedMsr(vcpu, writes)) architectural(vcpu);
  };
}

const nothing: GuestInstruction = (vcpu) => skipInstruction(vcpu);

function undefinedOpcode(vcpu: VmxVcpu): void {
  vcpu.state.owed = { vector: 6, errorCode: -1, low: 0, high: 0 };
}

/** Exits that are instructions L0 does for its guest, by basic reason. */
export const INSTRUCTION_EXITS: ReadonlyMap<number, GuestInstruction> = new Map<number, GuestInstruction>([
  [EXIT_REASONS.CPUID.number, emulate(CPUID)],
  [EXIT_REASONS.MSR_READ.number, msr(false)],
  [EXIT_REASONS.MSR_WRITE.number, msr(true)],
  [EXIT_REASONS.XSETBV.number, emulate({ mnemonic: "xsetbv" })],
  [EXIT_REASONS.RDTSC.number, emulate({ mnemonic: "rdtsc" })],
  [EXIT_REASONS.RDTSCP.number, emulate({ mnemonic: "rdtscp" })],
  [EXIT_REASONS.HLT.number, halt],
  [EXIT_REASONS.IO_INSTRUCTION.number, portIo],
  [EXIT_REASONS.CR_ACCESS.number, controlRegister],
  [EXIT_REASONS.INVD.number, nothing],
  [EXIT_REASONS.WBINVD.number, nothing],
  [EXIT_REASONS.PAUSE.number, nothing],
  [EXIT_REASONS.GETSEC.number, undefinedOpcode],
]);
