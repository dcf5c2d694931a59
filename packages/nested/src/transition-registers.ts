import { STATE } from "@hvdiff/cpu";
import type { VmcsView } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { F } from "./fields.ts";
import { storageOf } from "./guest-registers.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/*
 * Registers that the entry and exit controls of L1 switch and those of vmcs02 do not: L0 does it in software. Silicon's own stay the
 * guest's between exits; IA32_PERF_GLOBAL_CTRL lives in L0's register file.
 */

interface SwitchedRegister {
  readonly word: number;
  readonly guest: number;
  readonly host: number;
  /** Entry and exit controls that load it. */
  readonly entry: number;
  readonly exit: number;
  readonly ofFile: boolean;
}

const PERF_GLOBAL = storageOf("IA32_PERF_GLOBAL_CTRL");
const CET = { entry: C.ENTRY_LOAD_CET, exit: C.EXIT_LOAD_CET, ofFile: false };

const REGISTERS: readonly SwitchedRegister[] = [
  {
    word: PERF_GLOBAL,
    guest: F.guestIa32PerfGlobalCtrl,
    host: F.hostIa32PerfGlobalCtrl,
    entry: C.ENTRY_LOAD_PERF_GLOBAL,
    exit: C.EXIT_LOAD_PERF_GLOBAL,
    ofFile: true,
  },
  {
    word: storageOf("IA32_PKRS"),
    guest: F.guestIa32Pkrs,
    host: F.hostIa32Pkrs,
    entry: C.ENTRY_LOAD_PKRS,
    exit: C.EXIT_LOAD_PKRS,
    ofFile: false,
  },
  { ...CET, word: storageOf("IA32_S_CET"), guest: F.guestIa32SCet, host: F.hostIa32SCet },
  { ...CET, word: STATE.SSP, guest: F.guestSsp, host: F.hostSsp },
  {
    ...CET,
    word: storageOf("IA32_INTERRUPT_SSP_TABLE_ADDR"),
    guest: F.guestIa32InterruptSspTableAddr,
    host: F.hostIa32InterruptSspTableAddr,
  },
];
const ENTRY_CONTROLS = REGISTERS.reduce((all, { entry }) => all | entry, 0);
const EXIT_CONTROLS = REGISTERS.reduce((all, { exit }) => all | exit, 0);

function load(vcpu: VmxVcpu, { word, ofFile }: SwitchedRegister, from: VmcsView, field: number): void {
  const { s } = ofFile ? vcpu.guestCpu.file : vcpu.silicon;
  s[word] = from.lo(field);
  s[word + 1] = from.hi(field);
}

/** VM entry of L1's: what its entry controls load. */
export function loadRegistersForL2(vcpu: VmxVcpu, v12: VmcsView): void {
  const controls = v12.lo(F.vmEntryControls);
  if ((controls & ENTRY_CONTROLS) === 0) return;
  for (const register of REGISTERS) if ((controls & register.entry) !== 0) load(vcpu, register, v12, register.guest);
}

/** VM exit to L1: "save IA32_PERF_GLOBAL_CTRL". Silicon saves the others whatever the controls are. */
export function saveRegistersOfL2(vcpu: VmxVcpu, v12: VmcsView): void {
  if ((v12.lo(F.vmExitControls) & C.EXIT_SAVE_PERF_GLOBAL) === 0) return;
  const { s } = vcpu.guestCpu.file;
  v12.set(F.guestIa32PerfGlobalCtrl, s[PERF_GLOBAL]!, s[PERF_GLOBAL + 1]!);
}

/** VM exit to L1: what its exit controls load. */
export function loadRegistersForL1(vcpu: VmxVcpu, v12: VmcsView): void {
  const controls = v12.lo(F.vmExitControls);
  if ((controls & EXIT_CONTROLS) === 0) return;
  for (const register of REGISTERS) if ((controls & register.exit) !== 0) load(vcpu, register, v12, register.host);
}
