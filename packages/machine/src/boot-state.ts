import { type Processor, STATE } from "@hvdiff/cpu";
import type { BootInfo } from "./loaders/load.ts";
import { MULTIBOOT_BOOT_MAGIC } from "./loaders/multiboot.ts";

/** What firmware has done before the image starts. */
export type FirmwareProfile = "none" | "seabios" | "ovmf";

/** IA32_FEATURE_CONTROL as firmware leaves it: untouched, or locked with VMX outside SMX allowed. */
export function featureControlAfter(profile: FirmwareProfile): number {
  return profile === "none" ? 0 : 5;
}

const FLAT_CODE = 0xc09b;
const FLAT_DATA = 0xc093;
const BUSY_TSS = 0x8b;
const UNUSABLE = 0x10000;
const CR0_PE_ET = 0x11;

/** A register image that is independent of who loads it: the processor itself on metal, a VMCS under an L0. */
export interface InitialState {
  readonly rip: number;
  readonly rax: number;
  readonly rbx: number;
  readonly cr0: number;
  readonly segments: readonly { selector: number; limit: number; access: number }[];
}

/** Multiboot 1 machine state: 32-bit protected mode, paging off, flat segments, EAX magic, EBX information. */
export function multibootState(boot: BootInfo): InitialState {
  const data = { selector: 0x10, limit: 0xffffffff, access: FLAT_DATA };
  const code = { selector: 0x08, limit: 0xffffffff, access: FLAT_CODE };
  const ldtr = { selector: 0, limit: 0xffff, access: UNUSABLE | 0x82 };
  const tr = { selector: 0, limit: 0xffff, access: BUSY_TSS };
  return {
    rip: boot.entry,
    rax: MULTIBOOT_BOOT_MAGIC,
    rbx: boot.infoAddress,
    cr0: CR0_PE_ET,
    segments: [data, code, data, data, data, data, ldtr, tr],
  };
}

/** Loads the state into a processor (metal). */
export function applyState(c: Processor, state: InitialState): void {
  const s = c.s;
  s[STATE.RIP] = state.rip | 0;
  s[STATE.RIP + 1] = 0;
  c.setGpr(0, BigInt(state.rax));
  c.setGpr(3, BigInt(state.rbx));
  s[STATE.CR0] = state.cr0;
  state.segments.forEach((segment, at) => {
    const word = STATE.SEGMENTS + at * STATE.SEGMENT_STRIDE;
    s[word + STATE.SEGMENT_SELECTOR] = segment.selector;
    s[word + STATE.SEGMENT_LIMIT] = segment.limit | 0;
    s[word + STATE.SEGMENT_ACCESS] = segment.access;
  });
  s[STATE.DR6] = 0xffff0ff0 | 0;
  s[STATE.DR7] = 0x400;
  s[STATE.XCR0] = 1;
  c.rflags = 2n;
  c.translationChanged();
}
