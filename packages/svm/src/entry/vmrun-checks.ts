import { exceptionName } from "@hvdiff/spec";
import { joinAddress } from "../address.ts";
import * as C from "../control-bits.ts";
import * as F from "../fields.ts";
import type { VmrunContext } from "./vmrun-context.ts";

/** One consistency check of VMRUN; a violation is VMEXIT_INVALID. */
export interface VmrunCheck {
  readonly id: string;
  readonly apm: string;
  readonly violated: (x: VmrunContext) => boolean;
}

const CHECKS = '2 "Canonicalization and Consistency Checks"';
const NESTED = '2 "Nested Paging and VMRUN/#VMEXIT"';
const INJECTION = '2 "Event Injection"';
const VMRUN_INTERCEPT = 1;
const CS_LONG = 1 << 25;
const CS_DEFAULT = 1 << 26;
/** The maps count as reaching from their page over the two next. */
const MAP_BYTES = 0x2000;
const TYPE_INTERRUPT = 0;
const TYPE_NMI = 2;
const TYPE_EXCEPTION = 3;
const TYPE_SOFTWARE = 4;
const NMI_VECTOR = 2;
const BOUND_VECTOR = 5;
const OVERFLOW_VECTOR = 4;

const check = (id: string, violated: (x: VmrunContext) => boolean, apm = CHECKS): VmrunCheck => ({ id, apm, violated });

function isLongAndPaging({ efer, cr0 }: VmrunContext): boolean {
  return (efer & C.EFER_LME) !== 0 && (cr0 & C.CR0_PG) !== 0;
}

function mapTooHigh({ vmcb, capabilities }: VmrunContext, field: number): boolean {
  const base = joinAddress(vmcb.lo(field) & ~0xfff, vmcb.hi(field));
  return base + MAP_BYTES >= capabilities.addressLimit;
}

function isIllegalEvent(x: VmrunContext): boolean {
  const event = x.vmcb.lo(F.EVENT_INJECTION);
  if ((event & C.EVENT_VALID) === 0) return false;
  const type = (event >>> 8) & 7;
  if (type === TYPE_EXCEPTION) return isIllegalException(x, event & 0xff);
  return type !== TYPE_INTERRUPT && type !== TYPE_NMI && type !== TYPE_SOFTWARE;
}

/** Vectors of no exception, and the exceptions whose instructions do not exist in 64-bit mode. */
function isIllegalException(x: VmrunContext, vector: number): boolean {
  if (vector === NMI_VECTOR || exceptionName(vector) === undefined) return true;
  const is64 = isLongAndPaging(x) && (x.vmcb.lo(F.CS) & CS_LONG) !== 0;
  return is64 && (vector === BOUND_VECTOR || vector === OVERFLOW_VECTOR);
}

function isIllegalPat({ vmcb }: VmrunContext): boolean {
  for (const word of [vmcb.lo(F.G_PAT), vmcb.hi(F.G_PAT)])
    for (let shift = 0; shift < 32; shift += 8) {
      const type = (word >>> shift) & 0xff;
      if (type > 7 || type === 2 || type === 3) return true;
    }
  return false;
}

function isReservedTlbControl({ vmcb, capabilities }: VmrunContext): boolean {
  const control = vmcb.lo(F.TLB_CONTROL) & 0xff;
  if (control === C.TLB_DO_NOTHING || control === C.TLB_FLUSH_ALL) return false;
  return !(capabilities.flushByAsid && (control === C.TLB_FLUSH_GUEST || control === C.TLB_FLUSH_GUEST_NON_GLOBAL));
}

/** The checks of VMRUN in the manual's order. */
export const VMRUN_CHECKS: readonly VmrunCheck[] = [
  check("efer-svme-clear", (x) => (x.efer & C.EFER_SVME) === 0),
  check("cr0-nw-without-cd", (x) => (x.cr0 & (C.CR0_CD | C.CR0_NW)) === C.CR0_NW),
  check("cr0-high", (x) => x.vmcb.hi(F.CR0) !== 0),
  check("cr3-reserved", (x) => (x.vmcb.hi(F.CR3) & x.capabilities.reservedAddressHigh) !== 0),
  check("cr4-reserved", (x) => (x.cr4 & ~x.supportedCr4) !== 0 || x.vmcb.hi(F.CR4) !== 0),
  check("dr6-high", (x) => x.vmcb.hi(F.DR6) !== 0),
  check("dr7-high", (x) => x.vmcb.hi(F.DR7) !== 0),
  check("efer-reserved", (x) => (x.efer & ~x.supportedEfer) !== 0 || x.vmcb.hi(F.EFER) !== 0),
  check("long-mode-without-pae", (x) => isLongAndPaging(x) && (x.cr4 & C.CR4_PAE) === 0),
  check("long-mode-without-protection", (x) => isLongAndPaging(x) && (x.cr0 & C.CR0_PE) === 0),
  check(
    "cs-long-and-default",
    (x) =>
      isLongAndPaging(x) &&
      (x.cr4 & C.CR4_PAE) !== 0 &&
      (x.vmcb.lo(F.CS) & CS_LONG) !== 0 &&
      (x.vmcb.lo(F.CS) & CS_DEFAULT) !== 0,
  ),
  check("vmrun-not-intercepted", (x) => (x.vmcb.lo(F.INTERCEPT_CR + 16) & VMRUN_INTERCEPT) === 0),
  check("msrpm-too-high", (x) => mapTooHigh(x, F.MSRPM_BASE)),
  check("iopm-too-high", (x) => mapTooHigh(x, F.IOPM_BASE)),
  check("illegal-event", isIllegalEvent, INJECTION),
  check("asid-zero", (x) => x.vmcb.lo(F.GUEST_ASID) === 0),
  check("tlb-control-reserved", isReservedTlbControl, '2 "TLB Flush"'),
  check("nested-paging-without-paging", (x) => x.isNested && !x.hostPaging, NESTED),
  check(
    "nested-cr3-reserved",
    (x) => x.isNested && (x.vmcb.hi(F.NESTED_CR3) & x.capabilities.reservedAddressHigh) !== 0,
    NESTED,
  ),
  check("guest-pat", (x) => x.isNested && isIllegalPat(x), NESTED),
  check(
    "virtual-nmi-without-intercept",
    (x) =>
      x.capabilities.virtualNmi &&
      (x.vmcb.lo(F.VIRTUAL_INTERRUPT_CONTROL) & C.V_NMI_ENABLE) !== 0 &&
      (x.vmcb.lo(F.INTERCEPT_CR + 12) & 2) === 0,
    '2 "NMI Virtualization"',
  ),
  check("pdptes", (x) => !x.isNested && !x.havePdptes(), '2 "Legacy PAE Mode"'),
];
