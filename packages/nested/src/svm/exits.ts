import { VMEXIT_CODES, type VmexitCodeName, vmexitCodeName } from "@hvdiff/spec";
import { isIoIntercepted, isMsrIntercepted, SVM, VMCB, type Vmcb } from "@hvdiff/svm";
import { closeWindow } from "./events.ts";
import { INSTRUCTION_EXITS } from "./instructions.ts";
import { asksFor, INTERCEPT_IRET } from "./intercepts.ts";
import { exitToL1, refusedBySilicon } from "./nested-exit.ts";
import { handleNestedFault } from "./npt-exits.ts";
import type { SvmVcpu } from "./vcpu.ts";
import { exitCounter } from "./vcpu-state.ts";

const TYPE_SHIFT = 8;
const TYPE_EXCEPTION = 3;
const TYPE_SOFTWARE = 4;
const BREAKPOINT = 3;
const OVERFLOW = 4;
const RCX = 1;
const MISC_WORD = 3;

const CODE = (name: VmexitCodeName): number => VMEXIT_CODES[name].code;
const [INTR, NMI, INIT, VINTR, IRET, SHUTDOWN, NPF, IOIO, MSR, INVALID] = [
  CODE("INTR"),
  CODE("NMI"),
  CODE("INIT"),
  CODE("VINTR"),
  CODE("IRET"),
  CODE("SHUTDOWN"),
  CODE("NPF"),
  CODE("IOIO"),
  CODE("MSR"),
  CODE("INVALID"),
];
/** Exits that L0 looks at first, whatever L1 asks for. */
const HOST_FIRST = new Set<number>([INTR, NMI, INIT, NPF, VMEXIT_CODES.SMI.code]);

/** Handles the #VMEXIT that the current VMCB describes: L0's own business, L1's SVM instruction, or something that belongs to L1. */
export function handleExit(vcpu: SvmVcpu): void {
  const { state } = vcpu;
  const v = vcpu.current;
  const code = v.lo(VMCB.EXIT_CODE);
  vcpu.l0.count(exitCounter(vcpu.level, code));
  noteExit(vcpu, code);
  v.set32(VMCB.TLB_CONTROL, SVM.TLB_DO_NOTHING);
  if (code === INVALID) {
    if (!state.guestMode) throw new Error(`silicon refused vmcb01: ${vcpu.svm.failedCheck}`);
    refusedBySilicon(vcpu);
    return;
  }
  state.runPending = false;
  // Whoever waits for a window looks at it again before the next entry.
  const wanted = state.window !== null && code === VINTR;
  closeWindow(vcpu);
  keepInterruptedDelivery(vcpu, v);
  if (wanted) return;
  if (state.guestMode && belongsToL1(vcpu, code)) exitToL1(vcpu, code);
  else {
    own(vcpu, code);
    vcpu.history?.note({ way: "l0.instruction", by: nameOf(code) });
  }
}

function nameOf(code: number): string {
  return vmexitCodeName(code) ?? `${code}`;
}

function noteExit({ history, state }: SvmVcpu, code: number): void {
  if (history === null) return;
  history.note({ way: "processor.exit", by: nameOf(code) }, state.guestMode ? "vmcb02" : "vmcb01");
  history.note({ way: "guest.stores" });
}

/**
 * An exit in the middle of event delivery that L0 handles itself must deliver the event again. The instruction of a software event is
 * executed again, unless the event was itself injected. What is reflected to L1 takes it back.
 */
function keepInterruptedDelivery({ state }: SvmVcpu, v: Vmcb): void {
  const event = v.lo(VMCB.EXIT_INT_INFO);
  if (event >= 0) return;
  const type = (event >>> TYPE_SHIFT) & 7;
  const vector = event & 0xff;
  const ofInstruction =
    type === TYPE_SOFTWARE || (type === TYPE_EXCEPTION && (vector === BREAKPOINT || vector === OVERFLOW));
  if (ofInstruction && state.injected !== event) return;
  v.set(VMCB.EVENT_INJECTION, event, v.hi(VMCB.EXIT_INT_INFO));
}

function belongsToL1(vcpu: SvmVcpu, code: number): boolean {
  if (HOST_FIRST.has(code)) return false;
  const { v12 } = vcpu;
  if (!asksFor(v12, code)) return false;
  const memory = { read8: (address: number) => vcpu.guestCpu.physical8(address) };
  if (code === IOIO) {
    const information = vcpu.v02.lo(VMCB.EXIT_INFO_1);
    return isIoIntercepted(memory, mapOf(v12, VMCB.IOPM_BASE), information >>> 16, (information >>> 4) & 7);
  }
  if (code !== MSR) return true;
  const index = Number(vcpu.silicon.gpr(RCX) & 0xffff_ffffn);
  return isMsrIntercepted(memory, mapOf(v12, VMCB.MSRPM_BASE), index, vcpu.v02.lo(VMCB.EXIT_INFO_1) & 1);
}

function mapOf(v: Vmcb, field: number): number {
  return (v.lo(field) & ~0xfff) + (v.lo(field) < 0 ? 0x1_0000_0000 : 0) + (v.hi(field) >>> 0) * 0x1_0000_0000;
}

/** Exits that are L0's to handle, for L1 itself or on L1's behalf for L2. */
function own(vcpu: SvmVcpu, code: number): void {
  if (code === INTR) vcpu.silicon.apic.acknowledge();
  else if (code === NPF) handleNestedFault(vcpu);
  else if (code === SHUTDOWN) vcpu.outcome = { kind: "triple-fault", where: vcpu.where() };
  else if (code === IRET) endNmi(vcpu);
  else instruction(vcpu, code);
}

/** The handler of an NMI returns, and another NMI waits. */
function endNmi(vcpu: SvmVcpu): void {
  const v = vcpu.current;
  vcpu.state.nmiWindow = false;
  v.set32(VMCB.INTERCEPT_CR + MISC_WORD * 4, v.lo(VMCB.INTERCEPT_CR + MISC_WORD * 4) & ~INTERCEPT_IRET);
  vcpu.nmiEnds();
}

function instruction(vcpu: SvmVcpu, code: number): void {
  const handler = INSTRUCTION_EXITS.get(code);
  if (handler !== undefined) handler(vcpu);
  else
    vcpu.outcome = {
      kind: "unimplemented",
      what: `L0's handling of #VMEXIT ${vmexitCodeName(code) ?? code}`,
      where: vcpu.where(),
    };
}
