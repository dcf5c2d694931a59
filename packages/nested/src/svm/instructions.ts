import { type LoneInstruction, msrWord, STATE } from "@hvdiff/cpu";
import { hex, lo32, MSRS, u64, VMEXIT_CODES, VMEXIT_FAMILIES, type VmexitCodeName } from "@hvdiff/spec";
import { loadAdditionalState, SVM, saveAdditionalState, traceInstruction, VMCB } from "@hvdiff/svm";
import { answerHypercall } from "../hypercalls/answer-hypercall.ts";
import { runL2 } from "./nested-run.ts";
import type { SvmVcpu } from "./vcpu.ts";

/** How L0 does an instruction of its guest that exited. */
export type SvmGuestInstruction = (vcpu: SvmVcpu) => void;

const UNDEFINED_OPCODE = 6;
const GENERAL_PROTECTION = 13;
const DEBUG = 1;
const DR6_BS = 1 << 14;
const DEBUGCTL_BTF = 1 << 1;
const RCX = STATE.GPR + 2;
const RDX = STATE.GPR + 4;
const FAULTS = { fault: "#GP" };
const VM_CR = msrWord(MSRS.VM_CR.address)!;
const VM_HSAVE_PA = msrWord(MSRS.VM_HSAVE_PA.address)!;

/** The exiting instruction is done: go on behind it. */
export function skipInstruction(vcpu: SvmVcpu): void {
  passInstruction(vcpu);
  oweSingleStep(vcpu);
}

/** Goes behind an instruction whose trap comes later, if at all. */
export function passInstruction(vcpu: SvmVcpu): void {
  const v = vcpu.current;
  v.set(VMCB.RIP, v.lo(VMCB.NEXT_RIP), v.hi(VMCB.NEXT_RIP));
  countInstruction(vcpu);
}

/** An instruction that L0 has done ends the interrupt shadow before it, and counts as one instruction of guest time. */
function countInstruction(vcpu: SvmVcpu): void {
  const v = vcpu.current;
  v.set(VMCB.INTERRUPT_SHADOW, 0, 0);
  v.set(VMCB.RFLAGS, v.lo(VMCB.RFLAGS) & ~SVM.RFLAGS_RF, 0);
  vcpu.silicon.retired += 1;
}

/** The #DB of a guest that single-steps, behind an instruction that L0 has done (APM 2 "Single Stepping"). */
export function oweSingleStep(vcpu: SvmVcpu): void {
  const v = vcpu.current;
  if ((v.lo(VMCB.RFLAGS) & SVM.RFLAGS_TF) === 0 || (v.lo(VMCB.DBGCTL) & DEBUGCTL_BTF) !== 0) return;
  v.set(VMCB.DR6, v.lo(VMCB.DR6) | DR6_BS, 0);
  fault(vcpu, DEBUG);
}

function fault(vcpu: SvmVcpu, vector: number, errorCode = -1): void {
  vcpu.state.owed = { vector, errorCode, low: 0, high: 0 };
}

/** The fault of an instruction that the register file could not do. CR2 is in the VMCB. */
export function oweFault(vcpu: SvmVcpu): void {
  const { s } = vcpu.silicon;
  const owed = vcpu.guestCpu.owedException();
  vcpu.state.owed = owed;
  if (owed.vector !== 14) return;
  s[STATE.CR2] = owed.low;
  s[STATE.CR2 + 1] = owed.high;
  vcpu.current.set(VMCB.CR2, owed.low, owed.high);
}

/** Does the instruction on the register file that L0 keeps, with the CPU that L1 is shown. */
function emulate(lone: LoneInstruction): SvmGuestInstruction {
  return (vcpu) => {
    if (vcpu.guestCpu.execute(vcpu.current, lone, vcpu.state)) skipInstruction(vcpu);
    else oweFault(vcpu);
  };
}

/** Does whatever instruction is at RIP on the register file. */
export function emulateAtRip(vcpu: SvmVcpu): void {
  const { guestCpu, state } = vcpu;
  vcpu.interrupts.advanceTo(vcpu.silicon.retired);
  const steps = (vcpu.current.lo(VMCB.RFLAGS) & SVM.RFLAGS_TF) !== 0;
  if (guestCpu.executeAtRip(vcpu.current, state)) {
    countInstruction(vcpu);
    if (steps) oweSingleStep(vcpu);
    return;
  }
  const { stop } = guestCpu.file;
  if (stop === null) oweFault(vcpu);
  else if (stop.kind === "unimplemented")
    vcpu.outcome = { kind: "unimplemented", what: `${stop.what}, in L0 [${stop.bytes}]`, where: vcpu.where() };
}

const READ_MSR = emulate({ mnemonic: "rdmsr" });
const WRITE_MSR = emulate({ mnemonic: "wrmsr" });

function msrAccess(vcpu: SvmVcpu): void {
  const isWrite = (vcpu.current.lo(VMCB.EXIT_INFO_1) & 1) !== 0;
  if (!isWrite) READ_MSR(vcpu);
  else if (vcpu.silicon.s[RCX] === (MSRS.VM_CR.address | 0)) writeVmCr(vcpu);
  else WRITE_MSR(vcpu);
}

/** VM_CR, as far as the product has rules of its own for it. */
function writeVmCr(vcpu: SvmVcpu): void {
  const rule = vcpu.l0.policy.writeVmCr;
  if (rule === null) {
    WRITE_MSR(vcpu);
    return;
  }
  const { s } = vcpu.guestCpu.file;
  const low = vcpu.current.lo(VMCB.RAX);
  const high = vcpu.silicon.s[RDX]!;
  const made = rule({ low, high, old: s[VM_CR]!, svme: vcpu.state.svme });
  s[VM_CR] = made.value;
  vcpu.sink.event("wrmsr", {
    msr: hex(MSRS.VM_CR.address),
    ...(made.faults ? FAULTS : { value: hex(u64(low, high)) }),
  });
  if (made.faults) fault(vcpu, GENERAL_PROTECTION, 0);
  else skipInstruction(vcpu);
}

const CPUID = emulate({ mnemonic: "cpuid" });
const STRING_MNEMONICS: Readonly<Record<number, readonly [input: string, output: string]>> = {
  1: ["insb", "outsb"],
  2: ["insw", "outsw"],
  4: ["insd", "outsd"],
};

/** EXITINFO1 of IOIO (APM 2 "IOIO Intercepts"). */
function portIo(vcpu: SvmVcpu): void {
  const information = vcpu.current.lo(VMCB.EXIT_INFO_1);
  const input = (information & 1) !== 0;
  const size = (information >>> 4) & 7;
  vcpu.interrupts.advanceTo(vcpu.silicon.retired);
  vcpu.guestCpu.file.outsideAccesses++;
  if ((information & 4) === 0) {
    accumulatorIo(vcpu, information >>> 16, { input, size });
    return;
  }
  const mnemonic = STRING_MNEMONICS[size]![input ? 0 : 1];
  emulate({ mnemonic, repeat: (information & 8) !== 0 ? "rep" : "none", operandSize: (size * 8) as 8 | 16 | 32 })(vcpu);
}

function accumulatorIo(vcpu: SvmVcpu, port: number, { input, size }: { input: boolean; size: number }): void {
  const v = vcpu.current;
  const { pc } = vcpu.l0;
  const mask = size === 4 ? -1 : (1 << (size * 8)) - 1;
  const accumulator = v.lo(VMCB.RAX);
  if (input) {
    const value = (accumulator & ~mask) | (pc.readPort(port, size) & mask);
    v.set(VMCB.RAX, value, size === 4 ? 0 : v.hi(VMCB.RAX));
  } else pc.writePort(port, size, (accumulator & mask) >>> 0);
  skipInstruction(vcpu);
}

function halt(vcpu: SvmVcpu): void {
  skipInstruction(vcpu);
  vcpu.state.halted = vcpu.state.owed === null;
}

/** VMMCALL has no meaning but by intercepts, or a hypercall of L0's. */
function vmmcall(vcpu: SvmVcpu): void {
  const v = vcpu.current;
  vcpu.guestCpu.sync(v, vcpu.state);
  const answer = vcpu.state.guestMode
    ? null
    : answerHypercall(vcpu.l0, {
        vcpu,
        rax: u64(v.lo(VMCB.RAX), v.hi(VMCB.RAX)),
        in64BitMode: vcpu.guestCpu.file.in64BitMode,
        privilege: v.lo(VMCB.CPL_WORD) >>> 24,
      });
  if (answer === null) {
    fault(vcpu, UNDEFINED_OPCODE);
    return;
  }
  v.set(VMCB.RAX, lo32(answer), lo32(answer >> 32n));
  traceInstruction(vcpu.sink, "vmmcall");
  skipInstruction(vcpu);
}

/** The address in rAX, if it is that of a page that L1's processor can have. */
function pageOperand(vcpu: SvmVcpu): number | null {
  const v = vcpu.current;
  vcpu.guestCpu.sync(v, vcpu.state);
  const high = vcpu.guestCpu.file.in64BitMode ? v.hi(VMCB.RAX) >>> 0 : 0;
  const address = (v.lo(VMCB.RAX) >>> 0) + high * 0x1_0000_0000;
  return address % 4096 === 0 && address < vcpu.l0.capabilities.addressLimit ? address : null;
}

/** SVM instructions are #UD until L1 has set EFER.SVME; protected mode and privilege silicon has checked. */
function permitted(instruction: SvmGuestInstruction): SvmGuestInstruction {
  return (vcpu) => {
    if (!vcpu.state.guestMode && !vcpu.state.svme) fault(vcpu, UNDEFINED_OPCODE);
    else instruction(vcpu);
  };
}

function withPage(instruction: (vcpu: SvmVcpu, address: number) => void): SvmGuestInstruction {
  return permitted((vcpu) => {
    const address = pageOperand(vcpu);
    if (address === null) fault(vcpu, GENERAL_PROTECTION, 0);
    else instruction(vcpu, address);
  });
}

const CR0_PG = 1 << 31;

const vmrun: SvmGuestInstruction = (vcpu) => {
  const { policy } = vcpu.l0;
  const { s } = vcpu.guestCpu.file;
  const unpaged = policy.vmrunNeedsPaging && (vcpu.current.lo(VMCB.CR0) & CR0_PG) === 0;
  if (unpaged) fault(vcpu, UNDEFINED_OPCODE);
  else if (policy.needsHostSaveArea && s[VM_HSAVE_PA] === 0 && s[VM_HSAVE_PA + 1] === 0)
    fault(vcpu, GENERAL_PROTECTION, 0);
  else withPage(runL2)(vcpu);
};

/** VMLOAD and VMSAVE act on silicon's own registers: L0 does not use them. */
const vmload = withPage((vcpu, address) => {
  loadAdditionalState(vcpu.silicon.s, vcpu.vmcbAt(address));
  vcpu.silicon.translationChanged();
  traceInstruction(vcpu.sink, "vmload");
  skipInstruction(vcpu);
});

const vmsave = withPage((vcpu, address) => {
  saveAdditionalState(vcpu.silicon.s, vcpu.vmcbAt(address));
  traceInstruction(vcpu.sink, "vmsave");
  skipInstruction(vcpu);
});

function setFlag(on: boolean): SvmGuestInstruction {
  return permitted((vcpu) => {
    traceInstruction(vcpu.sink, on ? "stgi" : "clgi");
    skipInstruction(vcpu);
    vcpu.state.gif = on;
  });
}

/** All of L1's ASIDs share silicon's for L2, and ASID 0 is L1 itself. */
const invlpga = permitted((vcpu) => {
  vcpu.forgetTranslations(vcpu.silicon.s[RCX] !== 0);
  traceInstruction(vcpu.sink, "invlpga");
  skipInstruction(vcpu);
});

const nothing: SvmGuestInstruction = (vcpu) => skipInstruction(vcpu);
const undefinedOpcode: SvmGuestInstruction = (vcpu) => fault(vcpu, UNDEFINED_OPCODE);

const NAMED: Readonly<Partial<Record<VmexitCodeName, SvmGuestInstruction>>> = {
  CPUID,
  MSR: msrAccess,
  IOIO: portIo,
  HLT: halt,
  INVD: nothing,
  WBINVD: nothing,
  PAUSE: nothing,
  XSETBV: emulate({ mnemonic: "xsetbv" }),
  VMRUN: permitted(vmrun),
  VMMCALL: vmmcall,
  VMLOAD: vmload,
  VMSAVE: vmsave,
  STGI: setFlag(true),
  CLGI: setFlag(false),
  SKINIT: undefinedOpcode,
  INVLPGA: invlpga,
};

/** Exits that are instructions L0 does for its guest, by code. */
export const INSTRUCTION_EXITS: ReadonlyMap<number, SvmGuestInstruction> = new Map([
  ...Object.entries(NAMED).map(([name, handler]) => [VMEXIT_CODES[name as VmexitCodeName].code, handler] as const),
  ...[4, 8].map((register) => [VMEXIT_FAMILIES.crWrite.code + register, emulateAtRip] as const),
  [VMEXIT_FAMILIES.crRead.code + 8, emulateAtRip] as const,
]);

/** VM_CR as L1 finds it. */
export function initializeVmCr({ guestCpu, l0 }: SvmVcpu): void {
  guestCpu.file.s[VM_CR] = l0.policy.initialVmCr;
}

/** Whether VM_CR of L1 redirects INIT to #SX. */
export function redirectsInit(vcpu: SvmVcpu): boolean {
  return vcpu.l0.policy.redirectsInit && (vcpu.guestCpu.file.s[VM_CR]! & 2) !== 0;
}
