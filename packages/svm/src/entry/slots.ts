import { INTERCEPT, INTERCEPT_COUNT, type InterceptName, msrWord, STATE } from "@hvdiff/cpu";
import { MSRS, type VmexitCodeName, vmexitCodeDef } from "@hvdiff/spec";
import { joinAddress } from "../address.ts";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import * as F from "../fields.ts";
import * as W from "../state.ts";

const ALWAYS = 1;
const ASK = 2;
const WORDS = 6;
const DEFAULT_RATIO_HIGH = 1;
const TSC_RATIO = msrWord(MSRS.TSC_RATIO.address)!;

type SlotRule = readonly [intercept: number, word: number, mask: number, value: number];

/** The processor's intercept fires while the bit of one of the exit codes is set. */
function rule(name: InterceptName, value: number, ...codes: VmexitCodeName[]): SlotRule {
  const bits = codes.map((code) => vmexitCodeDef(code).intercept!);
  return [INTERCEPT[name], bits[0]![0], bits.reduce((mask, [, bit]) => mask | (1 << bit), 0), value];
}

const RULES: readonly SlotRule[] = [
  [INTERCEPT.crRead, 0, 0xffff, ASK],
  [INTERCEPT.smsw, 0, 1, ALWAYS],
  [INTERCEPT.crWrite, 0, 0xffff0000 | 0, ASK],
  [INTERCEPT.clts, 0, 1 << 16, ALWAYS],
  [INTERCEPT.lmsw, 0, 1 << 16, ASK],
  [INTERCEPT.drAccess, 1, -1, ASK],
  rule("crWrite", ASK, "CR0_SEL_WRITE"),
  rule("lmsw", ASK, "CR0_SEL_WRITE"),
  rule("gdtrIdtr", ASK, "IDTR_READ", "GDTR_READ", "IDTR_WRITE", "GDTR_WRITE"),
  rule("ldtrTr", ASK, "LDTR_READ", "TR_READ", "LDTR_WRITE", "TR_WRITE"),
  rule("rdtsc", ALWAYS, "RDTSC"),
  rule("rdpmc", ALWAYS, "RDPMC"),
  rule("pushf", ALWAYS, "PUSHF"),
  rule("popf", ALWAYS, "POPF"),
  rule("cpuid", ALWAYS, "CPUID"),
  rule("rsm", ALWAYS, "RSM"),
  rule("iret", ALWAYS, "IRET"),
  rule("softwareInterrupt", ALWAYS, "SWINT"),
  rule("invd", ALWAYS, "INVD"),
  rule("pause", ASK, "PAUSE"),
  rule("hlt", ALWAYS, "HLT"),
  rule("invlpg", ALWAYS, "INVLPG"),
  rule("io", ASK, "IOIO"),
  rule("rdmsr", ASK, "MSR"),
  rule("wrmsr", ASK, "MSR"),
  rule("taskSwitch", ALWAYS, "TASK_SWITCH"),
  rule("rdtscp", ASK, "RDTSCP"),
  rule("icebp", ALWAYS, "ICEBP"),
  rule("wbinvd", ALWAYS, "WBINVD"),
  rule("monitor", ALWAYS, "MONITOR"),
  rule("mwait", ASK, "MWAIT", "MWAIT_CONDITIONAL"),
  rule("xsetbv", ALWAYS, "XSETBV"),
  rule("rdpru", ALWAYS, "RDPRU"),
  rule("invpcid", ASK, "INVPCID"),
];

function fillIntercepts({ s, vmcb }: SvmCore): void {
  for (let word = 0; word < WORDS; word++) s[W.INTERCEPTS + word] = vmcb.lo(F.INTERCEPT_CR + word * 4);
  s.fill(0, STATE.INTERCEPTS, STATE.INTERCEPTS + INTERCEPT_COUNT);
  for (let n = 0; n < RULES.length; n++) {
    const [intercept, word, mask, value] = RULES[n]!;
    if ((s[W.INTERCEPTS + word]! & mask) !== 0) s[STATE.INTERCEPTS + intercept] = value;
  }
  s[STATE.EXCEPTION_INTERCEPTS] = s[W.INTERCEPTS + 2]!;
  if ((s[W.VIRTUAL_INTERRUPT]! & C.V_INTR_MASKING) === 0) return;
  // CR8 is the virtual one.
  s[STATE.INTERCEPTS + INTERCEPT.crRead] = ASK;
  s[STATE.INTERCEPTS + INTERCEPT.crWrite] = ASK;
}

/** V_IRQ or V_NMI waits: the extension is asked at boundaries. */
export function updateVirtualEvents({ s }: SvmCore): void {
  const control = s[W.VIRTUAL_INTERRUPT]!;
  const nmi = (control & C.V_NMI_ENABLE) !== 0 && (control & C.V_NMI) !== 0;
  if (nmi || (control & C.V_IRQ) !== 0) s[STATE.EVENTS]! |= STATE.EVENT_VIRTUAL;
  else s[STATE.EVENTS]! &= ~STATE.EVENT_VIRTUAL;
}

/** Bits of the virtual interrupt control that the processor has. */
function existingControl({ capabilities, vmcb }: SvmCore): number {
  const absent =
    (capabilities.virtualGif ? 0 : C.V_GIF_ENABLE) | (capabilities.virtualNmi ? 0 : C.V_NMI_ENABLE) | C.AVIC_ENABLE;
  return vmcb.lo(F.VIRTUAL_INTERRUPT_CONTROL) & ~absent;
}

function fillTime({ s, vmcb, capabilities }: SvmCore): void {
  s[STATE.TSC_OFFSET] = vmcb.lo(F.TSC_OFFSET);
  s[STATE.TSC_OFFSET + 1] = vmcb.hi(F.TSC_OFFSET);
  const scales = capabilities.tscRatio && (s[TSC_RATIO] !== 0 || s[TSC_RATIO + 1] !== DEFAULT_RATIO_HIGH);
  // The ratio has 32 bits of fraction, the processor's multiplier 48.
  s[STATE.TSC_MULTIPLIER] = scales ? s[TSC_RATIO]! << 16 : 0;
  s[STATE.TSC_MULTIPLIER + 1] = scales ? (s[TSC_RATIO + 1]! << 16) | (s[TSC_RATIO]! >>> 16) : 0;
}

function fillPauseFilter({ c, s, vmcb, capabilities }: SvmCore): void {
  const filter = vmcb.lo(F.PAUSE_FILTER);
  s[W.PAUSE_COUNT] = capabilities.pauseFilter ? filter >>> 16 : 0;
  s[W.PAUSE_THRESHOLD] = capabilities.pauseFilterThreshold ? filter & 0xffff : 0;
  s[W.PAUSE_LEFT] = s[W.PAUSE_COUNT]!;
  c.f64[W.PAUSE_AT] = c.retired;
}

function mask(value: number, existing: boolean, bits: number): number {
  return existing ? value & bits : 0;
}

/** Puts what the control area says into the processor's vendor-neutral slots and the words of the running guest. */
export function fillSlots(core: SvmCore): void {
  const { c, s, vmcb, capabilities } = core;
  s[W.VIRTUAL_INTERRUPT] = existingControl(core);
  s[W.VIRTUAL_VECTOR] = vmcb.lo(F.VIRTUAL_INTERRUPT_VECTOR) & 0xff;
  const nested = vmcb.lo(F.NESTED_CONTROL);
  s[W.NESTED_CONTROL] =
    mask(nested, capabilities.nestedPaging, C.NP_ENABLE) |
    mask(nested, capabilities.guestModeExecuteTrap, C.GMET_ENABLE);
  s[W.NESTED_CR3] = vmcb.lo(F.NESTED_CR3);
  s[W.NESTED_CR3 + 1] = vmcb.hi(F.NESTED_CR3);
  const extensions = vmcb.lo(F.VIRTUALIZATION_EXTENSIONS);
  s[W.EXTENSIONS] =
    mask(extensions, capabilities.lbrVirtualization, C.LBR_VIRTUALIZATION) |
    mask(extensions, capabilities.virtualVmloadVmsave, C.VIRTUAL_VMLOAD_VMSAVE);
  s[W.ASID] = vmcb.lo(F.GUEST_ASID);
  c.f64[W.IOPM] = joinAddress(vmcb.lo(F.IOPM_BASE) & ~0xfff, vmcb.hi(F.IOPM_BASE));
  c.f64[W.MSRPM] = joinAddress(vmcb.lo(F.MSRPM_BASE) & ~0xfff, vmcb.hi(F.MSRPM_BASE));
  fillIntercepts(core);
  fillTime(core);
  fillPauseFilter(core);
}
