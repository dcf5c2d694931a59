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
import {
  leaveEnlightenedFor,
  releaseEnlightened,
  repeatsPointerInstruction,
  vmclearEnlightened,
  vmreadEnlightened,
  vmwriteEnlightened,
} from "./enlightened/enlightened-vmcs.ts";
import { emulateHypercall } from "./enlightened/hypercalls.ts";
import { F } from "./fields.ts";
import { skipInstruction } from "./guest-instructions.ts";
import { answerHypercall } from "./hypercalls/answer-hypercall.ts";
import { type InstructionOperand, instructionOperand, setGeneralRegister } from "./instruction-operand.ts";
import { enterL2, refuseEntry } from "./nested-entry.ts";
import { traceRead, traceVmx, traceWrite } from "./trace-events.ts";
import { owe, readMemory, registerHalves, storeResult, wide } from "./vmx-operands.ts";
import { completeVmx } from "./vmx-result.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

type Emulation = (vcpu: VmxVcpu) => void;

const RAX = 0;

function operandOf(vcpu: VmxVcpu): InstructionOperand {
  return instructionOperand(vcpu.silicon, vcpu.guestCpu, vcpu.v01);
}

function finish(vcpu: VmxVcpu, name: string, pointer: { lo: number; hi: number } | null, outcome: VmxOutcome): void {
  traceVmx(vcpu, name, pointer, outcome);
  completeVmx(vcpu, outcome);
}

/** VMXON, VMCLEAR, VMPTRLD: permission, 64-bit pointer from memory, operation. */
function pointerInstruction(
  name: string,
  permission: (vcpu: VmxVcpu) => VmxOutcome | null,
  operation: (vcpu: VmxVcpu, lo: number, hi: number) => VmxOutcome,
): Emulation {
  return (vcpu) => {
    const refused = permission(vcpu);
    if (refused !== null) {
      finish(vcpu, name, null, refused);
      return;
    }
    const pointer = readMemory(vcpu, operandOf(vcpu), 0, 8);
    if (pointer !== null) finish(vcpu, name, pointer, operation(vcpu, pointer.lo, pointer.hi));
  };
}

function permitted(vcpu: VmxVcpu): VmxOutcome | null {
  return checkPermission(vcpu.environment);
}

function emulateVmptrld(vcpu: VmxVcpu): void {
  const refused = permitted(vcpu);
  const pointer = refused === null ? readMemory(vcpu, operandOf(vcpu), 0, 8) : null;
  if (refused === null && (pointer === null || repeatsPointerInstruction(vcpu, "VMPTRLD"))) return;
  const outcome = refused ?? vmptrld(vcpu.environment, pointer!.lo, pointer!.hi);
  finish(vcpu, "vmptrld", pointer, leaveEnlightenedFor(vcpu, outcome));
}

function emulateVmptrst(vcpu: VmxVcpu): void {
  const refused = permitted(vcpu);
  if (refused === null && repeatsPointerInstruction(vcpu, "VMPTRST")) return;
  const outcome = refused ?? vmptrst(vcpu.environment);
  if (outcome.kind === "value") {
    const operand = operandOf(vcpu);
    if (!vcpu.guestCpu.write(operand.low, operand.high, 8, outcome.lo, outcome.hi)) {
      owe(vcpu, operand);
      return;
    }
  }
  finish(vcpu, "vmptrst", outcome.kind === "value" ? outcome : null, outcome);
}

function emulateVmxoff(vcpu: VmxVcpu): void {
  const outcome = permitted(vcpu) ?? vmxoff(vcpu.environment);
  if (outcome.kind === "succeed") releaseEnlightened(vcpu);
  finish(vcpu, "vmxoff", null, outcome);
}

function emulateVmread(vcpu: VmxVcpu): void {
  const operand = operandOf(vcpu);
  const encoding = registerHalves(vcpu, operand.register2);
  const encodingHigh = wide(vcpu) ? encoding.hi : 0;
  const outcome =
    permitted(vcpu) ??
    vmreadEnlightened(vcpu, encoding.lo, encodingHigh) ??
    vmread(vcpu.environment, encoding.lo, encodingHigh);
  if (outcome.kind === "value" && !storeResult(vcpu, operand, outcome)) return;
  if (outcome.kind !== "fault") traceRead(vcpu, encoding.lo, encodingHigh, outcome);
  completeVmx(vcpu, outcome);
}

function emulateVmwrite(vcpu: VmxVcpu): void {
  const refused = permitted(vcpu);
  const operand = operandOf(vcpu);
  const encoding = registerHalves(vcpu, operand.register2);
  if (refused !== null) {
    completeVmx(vcpu, refused);
    return;
  }
  const value = operand.isRegister
    ? registerHalves(vcpu, operand.register1)
    : readMemory(vcpu, operand, 0, wide(vcpu) ? 8 : 4);
  if (value === null) return;
  const operands = {
    encodingLow: encoding.lo,
    encodingHigh: wide(vcpu) ? encoding.hi : 0,
    valueLow: value.lo,
    valueHigh: wide(vcpu) ? value.hi : 0,
  };
  const outcome = vmwriteEnlightened(vcpu) ?? vmwrite(vcpu.environment, operands);
  traceWrite(vcpu, operands, outcome);
  if (outcome.kind === "succeed") vcpu.shadow?.writeThrough(vcpu.environment.currentVmcs()!, encoding.lo, "VMWRITE");
  completeVmx(vcpu, outcome);
}

function emulateInvept(vcpu: VmxVcpu): void {
  const refused = checkInvept(vcpu.environment) ?? permitted(vcpu);
  if (refused !== null) {
    finish(vcpu, "invept", null, refused);
    return;
  }
  const operand = operandOf(vcpu);
  const type = registerHalves(vcpu, operand.register2);
  const eptp = readMemory(vcpu, operand, 0, 8);
  if (eptp === null) return;
  const outcome = invept(vcpu.environment, {
    typeLow: type.lo,
    typeHigh: wide(vcpu) ? type.hi : 0,
    eptpLow: eptp.lo,
    eptpHigh: eptp.hi,
  });
  finish(vcpu, "invept", type, outcome);
}

function emulateInvvpid(vcpu: VmxVcpu): void {
  const refused = checkInvvpid(vcpu.environment) ?? permitted(vcpu);
  if (refused !== null) {
    finish(vcpu, "invvpid", null, refused);
    return;
  }
  const operand = operandOf(vcpu);
  const type = registerHalves(vcpu, operand.register2);
  const descriptor = readMemory(vcpu, operand, 0, 8);
  const linear = descriptor === null ? null : readMemory(vcpu, operand, 8, 8);
  if (descriptor === null || linear === null) return;
  const outcome = invvpid(vcpu.environment, {
    typeLow: type.lo,
    typeHigh: wide(vcpu) ? type.hi : 0,
    descriptorLow: descriptor.lo,
    descriptorHigh: descriptor.hi,
    linearLow: linear.lo,
    linearHigh: linear.hi,
  });
  finish(vcpu, "invvpid", type, outcome);
}

/** VMCALL from L1: outside VMX operation #UD, in root operation VMfail; or a hypercall of L0's. */
function emulateVmcall(vcpu: VmxVcpu): void {
  if (emulateHypercall(vcpu)) return;
  const answer = answerHypercall(vcpu.l0, {
    vcpu,
    rax: vcpu.silicon.gpr(RAX),
    in64BitMode: vcpu.guestCpu.file.in64BitMode,
    privilege: (vcpu.v01.lo(F.guestSsAccessRights) >>> 5) & 3,
  });
  if (answer !== null) {
    setGeneralRegister(vcpu.silicon, vcpu.v01, RAX, answer);
    vcpu.sink?.event("vmx", { instruction: "vmcall", result: "hypercall" });
    skipInstruction(vcpu);
    return;
  }
  finish(vcpu, "vmcall", null, permitted(vcpu) ?? vmcall(vcpu.environment));
}

function emulateEntry(isLaunch: boolean): Emulation {
  return (vcpu) => {
    const refused = permitted(vcpu);
    if (refused !== null) refuseEntry(vcpu, isLaunch, refused);
    else enterL2(vcpu, isLaunch);
  };
}

const EMULATIONS: ReadonlyMap<number, Emulation> = new Map<number, Emulation>([
  [
    EXIT_REASONS.VMXON.number,
    pointerInstruction(
      "vmxon",
      (vcpu) => checkVmxon(vcpu.environment),
      (vcpu, lo, hi) => vmxon(vcpu.environment, lo, hi),
    ),
  ],
  [EXIT_REASONS.VMXOFF.number, emulateVmxoff],
  [
    EXIT_REASONS.VMCLEAR.number,
    pointerInstruction(
      "vmclear",
      permitted,
      (vcpu, lo, hi) => vmclearEnlightened(vcpu, lo, hi) ?? vmclear(vcpu.environment, lo, hi),
    ),
  ],
  [EXIT_REASONS.VMPTRLD.number, emulateVmptrld],
  [EXIT_REASONS.VMPTRST.number, emulateVmptrst],
  [EXIT_REASONS.VMREAD.number, emulateVmread],
  [EXIT_REASONS.VMWRITE.number, emulateVmwrite],
  [EXIT_REASONS.VMLAUNCH.number, emulateEntry(true)],
  [EXIT_REASONS.VMRESUME.number, emulateEntry(false)],
  [EXIT_REASONS.INVEPT.number, emulateInvept],
  [EXIT_REASONS.INVVPID.number, emulateInvvpid],
  [EXIT_REASONS.VMCALL.number, emulateVmcall],
  [EXIT_REASONS.VMFUNC.number, (vcpu) => finish(vcpu, "vmfunc", null, UNDEFINED_OPCODE)],
]);

/** Whether the exit is a VMX instruction of L1. */
export function isVmxExit(basic: number): boolean {
  return EMULATIONS.has(basic);
}

/** Emulates the VMX instruction of L1 that exited. */
export function emulateVmx(vcpu: VmxVcpu, basic: number): void {
  vcpu.guestCpu.sync(vcpu.v01, vcpu.state);
  vcpu.environment.interruptibility = vcpu.v01.lo(F.guestInterruptibilityState);
  EMULATIONS.get(basic)!(vcpu);
}
