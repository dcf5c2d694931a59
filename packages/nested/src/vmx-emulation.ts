import { STATE } from "@hvdiff/cpu";
import { EXIT_REASONS } from "@hvdiff/spec";
import {
  checkInvept,
  checkInvvpid,
  checkPermission,
  checkVmxon,
  invept,
  invvpid,
  UNDEFINED_OPCODE,
  type VmxOutcome,
  vmcall,
  vmclear,
  vmptrld,
  vmptrst,
  vmread,
  vmwrite,
  vmxoff,
  vmxon,
} from "@hvdiff/vmx";
import { F } from "./fields.ts";
import { skipInstruction } from "./guest-instructions.ts";
import {
  type InstructionOperand,
  instructionOperand,
  registerHigh,
  registerLow,
  setGeneralRegister,
  setRegisterHalves,
} from "./instruction-operand.ts";
import type { L0 } from "./l0.ts";
import { enterL2, refuseEntry } from "./nested-entry.ts";
import { traceRead, traceVmx, traceWrite } from "./trace-events.ts";
import { completeVmx } from "./vmx-result.ts";

type Emulation = (l0: L0) => void;

const BLOCKED_BY_MOV_SS = 2;
const RAX = 0;
const VECTOR_STACK_FAULT = 12;
const VECTOR_GENERAL_PROTECTION = 13;

function operandOf(l0: L0): InstructionOperand {
  return instructionOperand(l0.silicon, l0.guestCpu, l0.v01);
}

/** The access to a memory operand faulted. What is #GP elsewhere is #SS in the stack segment. */
function owe(l0: L0, operand: InstructionOperand): null {
  const owed = l0.guestCpu.owedException();
  if (owed.vector === VECTOR_GENERAL_PROTECTION && operand.segment === STATE.SS) owed.vector = VECTOR_STACK_FAULT;
  l0.state.owed = owed;
  return null;
}

/** Reads `size` bytes of the memory operand; null when L1 gets a fault instead. */
function readMemory(l0: L0, operand: InstructionOperand, at: number, size: number): { lo: number; hi: number } | null {
  const sum = (operand.low >>> 0) + at;
  const lo = l0.guestCpu.read(sum | 0, (operand.high + (sum > 0xffffffff ? 1 : 0)) | 0, size);
  if (lo === null) return owe(l0, operand);
  return { lo, hi: size === 8 ? l0.guestCpu.file.hi : 0 };
}

function finish(l0: L0, name: string, pointer: { lo: number; hi: number } | null, outcome: VmxOutcome): void {
  traceVmx(l0, name, pointer, outcome);
  completeVmx(l0, outcome);
}

/** VMXON, VMCLEAR, VMPTRLD: permission, 64-bit pointer from memory, operation. */
function pointerInstruction(
  name: string,
  permission: (l0: L0) => VmxOutcome | null,
  operation: (l0: L0, lo: number, hi: number) => VmxOutcome,
): Emulation {
  return (l0) => {
    const refused = permission(l0);
    if (refused !== null) {
      finish(l0, name, null, refused);
      return;
    }
    const pointer = readMemory(l0, operandOf(l0), 0, 8);
    if (pointer !== null) finish(l0, name, pointer, operation(l0, pointer.lo, pointer.hi));
  };
}

function permitted(l0: L0): VmxOutcome | null {
  return checkPermission(l0.environment);
}

function emulateVmptrst(l0: L0): void {
  const outcome = permitted(l0) ?? vmptrst(l0.environment);
  if (outcome.kind === "value") {
    const operand = operandOf(l0);
    if (!l0.guestCpu.write(operand.low, operand.high, 8, outcome.lo, outcome.hi)) {
      owe(l0, operand);
      return;
    }
  }
  finish(l0, "vmptrst", outcome.kind === "value" ? outcome : null, outcome);
}

function emulateVmxoff(l0: L0): void {
  const outcome = permitted(l0) ?? vmxoff(l0.environment);
  finish(l0, "vmxoff", null, outcome);
}

function wide(l0: L0): boolean {
  return l0.guestCpu.file.in64BitMode;
}

function emulateVmread(l0: L0): void {
  const operand = operandOf(l0);
  const encoding = registerHalves(l0, operand.register2);
  const encodingHigh = wide(l0) ? encoding.hi : 0;
  const outcome = permitted(l0) ?? vmread(l0.environment, encoding.lo, encodingHigh);
  if (outcome.kind === "value" && !storeResult(l0, operand, outcome)) return;
  if (outcome.kind !== "fault") traceRead(l0, encoding.lo, encodingHigh, outcome);
  completeVmx(l0, outcome);
}

function storeResult(l0: L0, operand: InstructionOperand, value: { lo: number; hi: number }): boolean {
  if (operand.isRegister) {
    setRegisterHalves(l0.silicon, l0.v01, operand.register1, value.lo, wide(l0) ? value.hi : 0);
    return true;
  }
  if (l0.guestCpu.write(operand.low, operand.high, wide(l0) ? 8 : 4, value.lo, value.hi)) return true;
  owe(l0, operand);
  return false;
}

function emulateVmwrite(l0: L0): void {
  const refused = permitted(l0);
  const operand = operandOf(l0);
  const encoding = registerHalves(l0, operand.register2);
  if (refused !== null) {
    completeVmx(l0, refused);
    return;
  }
  const value = operand.isRegister
    ? registerHalves(l0, operand.register1)
    : readMemory(l0, operand, 0, wide(l0) ? 8 : 4);
  if (value === null) return;
  const operands = {
    encodingLow: encoding.lo,
    encodingHigh: wide(l0) ? encoding.hi : 0,
    valueLow: value.lo,
    valueHigh: wide(l0) ? value.hi : 0,
  };
  const outcome = vmwrite(l0.environment, operands);
  traceWrite(l0, operands, outcome);
  completeVmx(l0, outcome);
}

function registerHalves(l0: L0, register: number): { lo: number; hi: number } {
  return { lo: registerLow(l0.silicon, l0.v01, register), hi: registerHigh(l0.silicon, l0.v01, register) };
}

function emulateInvept(l0: L0): void {
  const refused = checkInvept(l0.environment) ?? permitted(l0);
  if (refused !== null) {
    finish(l0, "invept", null, refused);
    return;
  }
  const operand = operandOf(l0);
  const type = registerHalves(l0, operand.register2);
  const eptp = readMemory(l0, operand, 0, 8);
  if (eptp === null) return;
  const outcome = invept(l0.environment, {
    typeLow: type.lo,
    typeHigh: wide(l0) ? type.hi : 0,
    eptpLow: eptp.lo,
    eptpHigh: eptp.hi,
  });
  finish(l0, "invept", type, outcome);
}

function emulateInvvpid(l0: L0): void {
  const refused = checkInvvpid(l0.environment) ?? permitted(l0);
  if (refused !== null) {
    finish(l0, "invvpid", null, refused);
    return;
  }
  const operand = operandOf(l0);
  const type = registerHalves(l0, operand.register2);
  const descriptor = readMemory(l0, operand, 0, 8);
  const linear = descriptor === null ? null : readMemory(l0, operand, 8, 8);
  if (descriptor === null || linear === null) return;
  const outcome = invvpid(l0.environment, {
    typeLow: type.lo,
    typeHigh: wide(l0) ? type.hi : 0,
    descriptorLow: descriptor.lo,
    descriptorHigh: descriptor.hi,
    linearLow: linear.lo,
    linearHigh: linear.hi,
  });
  finish(l0, "invvpid", type, outcome);
}

/** VMCALL from L1: outside VMX operation #UD, in root operation VMfail; or a hypercall of L0's. */
function emulateVmcall(l0: L0): void {
  const { hypercallResult } = l0.options.policy;
  if (hypercallResult !== null) {
    setGeneralRegister(l0.silicon, l0.v01, RAX, hypercallResult);
    l0.sink?.event("vmx", { instruction: "vmcall", result: "hypercall" });
    skipInstruction(l0);
    return;
  }
  finish(l0, "vmcall", null, permitted(l0) ?? vmcall(l0.environment));
}

function emulateEntry(isLaunch: boolean): Emulation {
  return (l0) => {
    const refused = permitted(l0);
    if (refused !== null) refuseEntry(l0, isLaunch, refused);
    else enterL2(l0, isLaunch);
  };
}

const EMULATIONS: ReadonlyMap<number, Emulation> = new Map<number, Emulation>([
  [
    EXIT_REASONS.VMXON.number,
    pointerInstruction(
      "vmxon",
      (l0) => checkVmxon(l0.environment),
      (l0, lo, hi) => vmxon(l0.environment, lo, hi),
    ),
  ],
  [EXIT_REASONS.VMXOFF.number, emulateVmxoff],
  [
    EXIT_REASONS.VMCLEAR.number,
    pointerInstruction("vmclear", permitted, (l0, lo, hi) => vmclear(l0.environment, lo, hi)),
  ],
  [
    EXIT_REASONS.VMPTRLD.number,
    pointerInstruction("vmptrld", permitted, (l0, lo, hi) => vmptrld(l0.environment, lo, hi)),
  ],
  [EXIT_REASONS.VMPTRST.number, emulateVmptrst],
  [EXIT_REASONS.VMREAD.number, emulateVmread],
  [EXIT_REASONS.VMWRITE.number, emulateVmwrite],
  [EXIT_REASONS.VMLAUNCH.number, emulateEntry(true)],
  [EXIT_REASONS.VMRESUME.number, emulateEntry(false)],
  [EXIT_REASONS.INVEPT.number, emulateInvept],
  [EXIT_REASONS.INVVPID.number, emulateInvvpid],
  [EXIT_REASONS.VMCALL.number, emulateVmcall],
  [EXIT_REASONS.VMFUNC.number, (l0) => finish(l0, "vmfunc", null, UNDEFINED_OPCODE)],
]);

/** Whether the exit is a VMX instruction of L1. */
export function isVmxExit(basic: number): boolean {
  return EMULATIONS.has(basic);
}

/** Emulates the VMX instruction of L1 that exited. */
export function emulateVmx(l0: L0, basic: number): void {
  l0.guestCpu.sync(l0.v01, l0.state);
  l0.environment.blockedByMovSs = (l0.v01.lo(F.guestInterruptibilityState) & BLOCKED_BY_MOV_SS) !== 0;
  EMULATIONS.get(basic)!(l0);
}
