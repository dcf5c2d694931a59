import { msrWord, readMsr, readRegisterPage, STATE, writeMsr, writeRegisterPage } from "@hvdiff/cpu";
import { hi32, lo32, MSRS, u64 } from "@hvdiff/spec";
import { VMCB } from "@hvdiff/svm";
import { storageOf } from "../guest-registers.ts";
import type { NestedState } from "../transfer/nested-state.ts";
import { debugAddressesOf, extendedStateOf, putDebugAddresses, putExtendedState } from "../transfer/silicon-state.ts";
import type { DebugRegisters, VcpuActivity, VcpuEvents, WholeVcpuAccess } from "../userspace.ts";
import { mergeTime } from "./merge.ts";
import { takeStartup } from "./startup.ts";
import { putSvmEvents, svmEventsOf } from "./svm-events-transfer.ts";
import { putSvmState, type SvmNestedState, svmStateOf } from "./svm-nested-state.ts";
import { SvmVcpuAccess } from "./svm-vcpu-access.ts";

const TSC_ADJUST = storageOf("IA32_TSC_ADJUST");
const { IA32_APIC_BASE, IA32_TIME_STAMP_COUNTER, IA32_TSC_ADJUST, TSC_RATIO } = MSRS;
/** MSRs that L1's time-stamp counter, or L2's, is made of. */
const OF_TIME: readonly number[] = [IA32_TIME_STAMP_COUNTER.address, IA32_TSC_ADJUST.address, TSC_RATIO.address];

/** Everything of a virtual processor on SVM silicon. */
export class SvmWholeAccess extends SvmVcpuAccess implements WholeVcpuAccess {
  hostMsr(index: number): bigint | undefined {
    const file = this.file();
    const word = msrWord(index);
    return word === undefined ? readMsr(file, index) : file.get64(word);
  }

  setHostMsr(index: number, value: bigint): boolean {
    const file = this.file();
    const word = msrWord(index);
    if (index === IA32_TIME_STAMP_COUNTER.address)
      file.set64(TSC_ADJUST, BigInt.asUintN(64, value - BigInt(this.vcpu.silicon.retired)));
    else if (word !== undefined) file.set64(word, value);
    else if (!writeMsr(file, index, lo32(value), hi32(value))) return false;
    this.settle();
    if (index === IA32_APIC_BASE.address) this.moveApic();
    if (OF_TIME.includes(index)) this.setTscOffset();
    return true;
  }

  private moveApic(): void {
    const { apic } = this.vcpu.guestCpu.file;
    const { page } = apic;
    apic.modeChanged();
    if (apic.page !== page) this.vcpu.guestCpu.onApicMoved(apic.page);
  }

  /** L2's counter is made of L1's. */
  private setTscOffset(): void {
    const { guestCpu, v01, state } = this.vcpu;
    const { s } = guestCpu.file;
    v01.set(VMCB.TSC_OFFSET, s[TSC_ADJUST]!, s[TSC_ADJUST + 1]!);
    if (state.guestMode) mergeTime(this.vcpu);
  }

  extendedControl(): bigint {
    return this.vcpu.silicon.get64(STATE.XCR0);
  }

  setExtendedControl(xcr0: bigint): void {
    this.vcpu.silicon.set64(STATE.XCR0, xcr0);
  }

  extendedState(): Int32Array {
    return extendedStateOf(this.vcpu.silicon);
  }

  setExtendedState(words: Int32Array): void {
    putExtendedState(this.vcpu.silicon, words);
  }

  debugRegisters(): DebugRegisters {
    const { silicon, current } = this.vcpu;
    return {
      addresses: debugAddressesOf(silicon),
      dr6: BigInt(current.lo(VMCB.DR6) >>> 0),
      dr7: u64(current.lo(VMCB.DR7), current.hi(VMCB.DR7)),
    };
  }

  setDebugRegisters(registers: DebugRegisters): void {
    const { silicon, current } = this.vcpu;
    putDebugAddresses(silicon, registers);
    current.set(VMCB.DR6, lo32(registers.dr6), hi32(registers.dr6));
    current.set(VMCB.DR7, lo32(registers.dr7), hi32(registers.dr7));
  }

  events(): VcpuEvents {
    return svmEventsOf(this.vcpu);
  }

  setEvents(events: VcpuEvents): void {
    putSvmEvents(this.vcpu, events);
  }

  activity(): VcpuActivity {
    const { state, guestCpu } = this.vcpu;
    if (state.waitsForStartup && (guestCpu.file.s[STATE.EVENTS]! & STATE.EVENT_SIPI) !== 0) takeStartup(this.vcpu);
    if (state.waitsForStartup) return "waits-for-startup";
    return state.halted && !state.woken ? "halted" : "runs";
  }

  setActivity(activity: VcpuActivity): void {
    const { state } = this.vcpu;
    state.waitsForStartup = activity === "waits-for-startup";
    state.halted = activity === "halted";
  }

  localApic(): Int32Array {
    return readRegisterPage(this.file());
  }

  setLocalApic(registers: Int32Array): void {
    writeRegisterPage(this.file(), registers);
  }

  nestedState(): SvmNestedState {
    const { vcpu } = this;
    const what = "a move of a virtual processor that an INIT has reset in guest mode";
    if (vcpu.state.keptTables !== null) vcpu.outcome = { kind: "unimplemented", what, where: vcpu.where() };
    return svmStateOf(vcpu);
  }

  setNestedState(state: NestedState | SvmNestedState): string | null {
    return "extension" in state ? putSvmState(this.vcpu, state) : "VMX operation of a processor with SVM";
  }
}
