import { MSRS } from "@hvdiff/spec";
import { resetLocalApic } from "../apic/reset.ts";
import { FAULT_STOP, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { MODE_NONE } from "./control-bits.ts";
import { cpuidEntry } from "./features.ts";
import { msrWord, storedMsr } from "./msr-storage.ts";

const VM_CR = msrWord(MSRS.VM_CR.address)!;
const R_INIT = 1 << 1;
const ACTIVE = 0;
const WAIT_FOR_SIPI = 3;
const BLOCKED_BY_SMI = 4;
const REAL_MODE_LIMIT = 0xffff;
const REAL_MODE_DATA = 0x93;
const REAL_MODE_CODE = 0x9b;
const LDT = 0x82;
const BUSY_TSS_16 = 0x83;
const CR0_CACHE_BITS = 0x60000000;
const CR0_ET = 0x10;
const BOOTSTRAP_PROCESSOR = 0x100n;
const RESET_SELECTOR = 0xf000;
const RESET_BASE = 0xffff0000 | 0;
const RESET_RIP = 0xfff0n;
const RESET_FRAME = 0xfffff;
const DR6_AT_RESET = 0xffff0ff0 | 0;
const DR7_AT_RESET = 0x400;

/**
 * INIT and start-up IPIs that wait at an instruction boundary outside guest mode (SDM 3A "Multiple-Processor Initialization").
 * INIT waits as long as the processor is in VMX root operation; a start-up IPI that nobody waits for is lost.
 * @param events those of the waiting events that nothing holds back
 */
export function takeStartupSignals(c: Processor, events: number): boolean {
  const s = c.s;
  if ((events & S.EVENT_INIT) !== 0 && s[S.VIRTUALIZATION_MODE] === MODE_NONE) {
    s[S.EVENTS]! &= ~(S.EVENT_INIT | S.EVENT_NMI | S.EVENT_SMI | S.EVENT_DEBUG_TRAP);
    initialize(c);
    return true;
  }
  if ((events & S.EVENT_SIPI) === 0) return false;
  s[S.EVENTS]! &= ~S.EVENT_SIPI;
  if (s[S.ACTIVITY] !== WAIT_FOR_SIPI) return false;
  startAt(c, s[S.STARTUP_VECTOR]!);
  return true;
}

/** VM_CR.R_INIT makes #SX of an INIT, but not while the processor waits for a start-up IPI (APM 2 "Security Exception (#SX)"). */
export function redirectsInit(c: Processor): boolean {
  return (c.s[VM_CR]! & R_INIT) !== 0 && c.s[S.ACTIVITY] !== WAIT_FOR_SIPI;
}

/** SDM 3A "IA-32 and Intel 64 Processor States Following Power-up, Reset, or INIT": floating-point state and most MSRs stay. */
function initialize(c: Processor): void {
  const s = c.s;
  s.fill(0, S.GPR, S.GPR + 32);
  s[S.GPR + 4] = cpuidEntry(c.model, 1, 0)?.eax ?? 0;
  c.rflags = 2n;
  s[S.CPL] = 0;
  s[S.CR0] = (s[S.CR0]! & CR0_CACHE_BITS) | CR0_ET;
  for (const word of [S.CR2, S.CR2 + 1, S.CR3, S.CR3 + 1, S.CR4, S.EFER]) s[word] = 0;
  s.fill(0, S.DR0, S.DR0 + 8);
  s[S.DR6] = DR6_AT_RESET;
  s[S.DR7] = DR7_AT_RESET;
  for (let n = S.ES; n <= S.GS; n++) setSegment(c, n, 0, n === S.CS ? REAL_MODE_CODE : REAL_MODE_DATA);
  setSegment(c, S.LDTR, 0, LDT);
  setSegment(c, S.TR, 0, BUSY_TSS_16);
  for (const table of [S.GDTR, S.IDTR]) {
    s[table] = s[table + 1] = 0;
    s[table + 2] = REAL_MODE_LIMIT;
  }
  s[S.INTERRUPTIBILITY]! &= BLOCKED_BY_SMI;
  s[S.PENDING_DEBUG] = 0;
  resetLocalApic(c);
  c.mmu.flushAll();
  if (isBootstrap(c)) restart(c);
  else s[S.ACTIVITY] = WAIT_FOR_SIPI;
}

function isBootstrap(c: Processor): boolean {
  return (storedMsr(c, MSRS.IA32_APIC_BASE.address) & BOOTSTRAP_PROCESSOR) !== 0n;
}

/** The bootstrap processor goes on at the reset vector (SDM 3A "First Instruction Executed"). */
function restart(c: Processor): void {
  if (!c.memory.isRam(RESET_FRAME)) {
    c.fault = FAULT_STOP;
    c.stop = { kind: "shutdown", what: "INIT at the bootstrap processor, and no firmware at the reset vector" };
    return;
  }
  setSegment(c, S.CS, RESET_SELECTOR, REAL_MODE_CODE);
  c.s[S.SEGMENTS + S.CS * S.SEGMENT_STRIDE + S.SEGMENT_BASE] = RESET_BASE;
  c.rip = RESET_RIP;
  c.s[S.ACTIVITY] = ACTIVE;
  c.translationChanged();
}

function setSegment(c: Processor, n: number, selector: number, access: number): void {
  const word = S.SEGMENTS + n * S.SEGMENT_STRIDE;
  c.s[word + S.SEGMENT_SELECTOR] = selector;
  c.s[word + S.SEGMENT_BASE] = selector << 4;
  c.s[word + S.SEGMENT_BASE_HIGH] = 0;
  c.s[word + S.SEGMENT_LIMIT] = REAL_MODE_LIMIT;
  c.s[word + S.SEGMENT_ACCESS] = access;
}

/** A start-up IPI: real mode at the page that its vector names. */
function startAt(c: Processor, vector: number): void {
  setSegment(c, S.CS, vector << 8, REAL_MODE_CODE);
  c.rip = 0n;
  c.s[S.ACTIVITY] = ACTIVE;
  c.translationChanged();
}
