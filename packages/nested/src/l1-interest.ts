import { EXIT_REASONS } from "@hvdiff/spec";
import type { VmcsView } from "@hvdiff/vmx";
import { activeSecondary } from "./active-secondary.ts";
import * as C from "./controls.ts";
import { F } from "./fields.ts";
import type { GuestCpu } from "./guest-cpu.ts";

/** What a decision about an exit from L2 may look at. */
export interface InterestContext {
  readonly v12: VmcsView;
  readonly v02: VmcsView;
  readonly guest: GuestCpu;
  /** General register of L2 at the exit, 64 bits. */
  register(number: number): bigint;
}

/** Encodings beyond the VMREAD and VMWRITE bitmaps always exit. */
const LAST_SHADOWED = 0x7fffn;

type Interest = (c: InterestContext) => boolean;

const always: Interest = () => true;
const never: Interest = () => false;

function primary(mask: number): Interest {
  return ({ v12 }) => (v12.lo(F.primaryProcessorBasedControls) & mask) !== 0;
}

function secondary(mask: number): Interest {
  return ({ v12 }) => (activeSecondary(v12) & mask) !== 0;
}

function reason(name: keyof typeof EXIT_REASONS): number {
  return EXIT_REASONS[name].number;
}

/** Exceptions: L1's bitmap; page faults refined by mask and match; NMIs by the pin control. */
function exceptionInterest({ v12, v02 }: InterestContext): boolean {
  const information = v02.lo(F.vmExitInterruptionInformation);
  const vector = information & 0xff;
  if (((information >>> 8) & 7) === 2) return (v12.lo(F.pinBasedControls) & C.PIN_NMI) !== 0;
  const bit = ((v12.lo(F.exceptionBitmap) >>> (vector & 31)) & 1) !== 0;
  if (vector !== 14) return bit;
  const code = v02.lo(F.vmExitInterruptionErrorCode);
  const equal = (code & v12.lo(F.pageFaultErrorCodeMask)) === v12.lo(F.pageFaultErrorCodeMatch);
  return equal ? bit : !bit;
}

function ioInterest({ v12, v02, guest }: InterestContext): boolean {
  const controls = v12.lo(F.primaryProcessorBasedControls);
  if ((controls & C.PROC_IO_BITMAPS) === 0) return (controls & C.PROC_UNCONDITIONAL_IO) !== 0;
  const qualification = v02.lo(F.exitQualification);
  const port = (qualification >>> 16) & 0xffff;
  const size = (qualification & 7) + 1;
  for (let at = port; at < port + size; at++) {
    if (at > 0xffff) return true;
    const bitmap = Number(v12.read(at < 0x8000 ? "ioBitmapA" : "ioBitmapB"));
    const byte = guest.physical8(bitmap + ((at & 0x7fff) >>> 3));
    if (((byte >>> (at & 7)) & 1) !== 0) return true;
  }
  return false;
}

function msrInterest(write: boolean): Interest {
  return ({ v12, guest, register }) => {
    if ((v12.lo(F.primaryProcessorBasedControls) & C.PROC_MSR_BITMAPS) === 0) return true;
    const msr = Number(register(1) & 0xffffffffn);
    const high = msr >= 0xc0000000;
    const index = high ? msr - 0xc0000000 : msr;
    if (index > 0x1fff) return true;
    const base = Number(v12.read("msrBitmap")) + (high ? 0x400 : 0) + (write ? 0x800 : 0);
    return ((guest.physical8(base + (index >>> 3)) >>> (index & 7)) & 1) !== 0;
  };
}

/** VMREAD and VMWRITE: with VMCS shadowing the bitmaps of L1 decide; encodings beyond them always exit. */
function fieldInterest(bitmap: "vmreadBitmap" | "vmwriteBitmap"): Interest {
  return (c) => {
    if (!secondary(C.PROC2_VMCS_SHADOWING)(c)) return true;
    const { v12, v02, guest, register } = c;
    const encoding = register(v02.lo(F.vmExitInstructionInformation) >>> 28);
    if (encoding > LAST_SHADOWED) return true;
    const at = Number(encoding);
    return ((guest.physical8(Number(v12.read(bitmap)) + (at >>> 3)) >>> (at & 7)) & 1) !== 0;
  };
}

/** CR accesses: vmcs02 carries exactly L1's masks, so what exits is L1's; CR3 and CR8 by their controls. */
function crInterest({ v12, v02 }: InterestContext): boolean {
  const qualification = v02.lo(F.exitQualification);
  const register = qualification & 15;
  const read = ((qualification >>> 4) & 3) === 1;
  const controls = v12.lo(F.primaryProcessorBasedControls);
  if (register === 3) return (controls & (read ? C.PROC_CR3_STORE : C.PROC_CR3_LOAD)) !== 0;
  if (register === 8) return (controls & (read ? C.PROC_CR8_STORE : C.PROC_CR8_LOAD)) !== 0;
  return true;
}

/**
 * Which exits from L2 L1 gets to see, by basic exit reason: what its own controls in vmcs12 ask for. Reasons that are missing are
 * unconditional in the architecture and therefore L1's.
 */
export const L1_INTEREST: ReadonlyMap<number, Interest> = new Map<number, Interest>([
  [reason("EXCEPTION_NMI"), exceptionInterest],
  [reason("EXTERNAL_INTERRUPT"), never],
  [reason("INTERRUPT_WINDOW"), primary(C.PROC_INTERRUPT_WINDOW)],
  [reason("NMI_WINDOW"), primary(C.PROC_NMI_WINDOW)],
  [reason("HLT"), primary(C.PROC_HLT)],
  [reason("INVLPG"), primary(C.PROC_INVLPG)],
  [reason("RDPMC"), primary(C.PROC_RDPMC)],
  [reason("RDTSC"), primary(C.PROC_RDTSC)],
  [reason("RDTSCP"), primary(C.PROC_RDTSC)],
  [reason("CR_ACCESS"), crInterest],
  [reason("DR_ACCESS"), primary(C.PROC_MOV_DR)],
  [reason("IO_INSTRUCTION"), ioInterest],
  [reason("MSR_READ"), msrInterest(false)],
  [reason("MSR_WRITE"), msrInterest(true)],
  [reason("MWAIT"), primary(C.PROC_MWAIT)],
  [reason("VMREAD"), fieldInterest("vmreadBitmap")],
  [reason("VMWRITE"), fieldInterest("vmwriteBitmap")],
  [reason("MONITOR"), primary(C.PROC_MONITOR)],
  [reason("PAUSE"), primary(C.PROC_PAUSE)],
  [reason("EPT_VIOLATION"), never],
  [reason("EPT_MISCONFIG"), never],
  [reason("VMFUNC"), never],
  [reason("WBINVD"), secondary(C.PROC2_WBINVD)],
  [reason("INVPCID"), (c) => secondary(C.PROC2_INVPCID)(c) && primary(C.PROC_INVLPG)(c)],
]);

/** Whether an exit of this basic reason is reflected to L1. */
export function concernsL1(basicReason: number, context: InterestContext): boolean {
  return (L1_INTEREST.get(basicReason) ?? always)(context);
}
