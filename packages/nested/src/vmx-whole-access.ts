import { msrWord, readMsr, readRegisterPage, STATE, writeMsr, writeRegisterPage } from "@hvdiff/cpu";
import { hi32, lo32, MSRS, u64 } from "@hvdiff/spec";
import { F } from "./fields.ts";
import { storageOf } from "./guest-registers.ts";
import { mergeTsc } from "./merge-tsc.ts";
import { readOfferedMsr, writeOfferedMsr } from "./offered-msrs.ts";
import { takeStartup } from "./startup.ts";
import type { SvmNestedState } from "./svm/svm-nested-state.ts";
import { eventsOf, isHalted, putEvents } from "./transfer/events.ts";
import { type NestedState, nestedStateOf, putNestedState } from "./transfer/nested-state.ts";
import { debugAddressesOf, extendedStateOf, putDebugAddresses, putExtendedState } from "./transfer/silicon-state.ts";
import type { DebugRegisters, VcpuActivity, VcpuEvents, WholeVcpuAccess } from "./userspace.ts";
import { VmxVcpuAccess } from "./vmx-vcpu-access.ts";

const ACTIVITY_HLT = 1;
const TSC_ADJUST = storageOf("IA32_TSC_ADJUST");
const { IA32_APIC_BASE, IA32_TIME_STAMP_COUNTER, IA32_TSC_ADJUST } = MSRS;

/** Everything of a virtual processor on VMX silicon. */
export class VmxWholeAccess extends VmxVcpuAccess implements WholeVcpuAccess {
  hostMsr(index: number): bigint | undefined {
    const { guestCpu, current, state } = this.vcpu;
    const offered = readOfferedMsr(this.vcpu, index);
    if (offered !== null) return offered;
    guestCpu.sync(current, state);
    const word = msrWord(index);
    return word === undefined ? readMsr(guestCpu.file, index) : guestCpu.file.get64(word);
  }

  setHostMsr(index: number, value: bigint): boolean {
    const { guestCpu, current, state, silicon } = this.vcpu;
    const offered = writeOfferedMsr(this.vcpu, index, value, true);
    if (offered !== null) return offered;
    guestCpu.sync(current, state);
    const { file } = guestCpu;
    const word = msrWord(index);
    if (index === IA32_TIME_STAMP_COUNTER.address) file.set64(TSC_ADJUST, value - BigInt(silicon.retired));
    else if (word !== undefined) file.set64(word, value);
    else if (!writeMsr(file, index, lo32(value), hi32(value))) return false;
    guestCpu.commit(current, state);
    if (index === IA32_APIC_BASE.address) this.moveApic();
    if (index === IA32_TIME_STAMP_COUNTER.address || index === IA32_TSC_ADJUST.address) this.setTscOffset();
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
    const { guestCpu, v01, v02, environment, state } = this.vcpu;
    const { s } = guestCpu.file;
    v01.set(F.tscOffset, s[TSC_ADJUST]!, s[TSC_ADJUST + 1]!);
    if (state.guestMode) mergeTsc({ v01, v02, v12: environment.currentVmcs()! });
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
    const { s } = silicon;
    return {
      addresses: debugAddressesOf(silicon),
      dr6: BigInt(s[STATE.DR6]! >>> 0),
      dr7: u64(current.lo(F.guestDr7), current.hi(F.guestDr7)),
    };
  }

  setDebugRegisters(registers: DebugRegisters): void {
    const { silicon, current } = this.vcpu;
    putDebugAddresses(silicon, registers);
    current.set(F.guestDr7, lo32(registers.dr7), hi32(registers.dr7));
  }

  events(): VcpuEvents {
    return eventsOf(this.vcpu);
  }

  setEvents(events: VcpuEvents): void {
    putEvents(this.vcpu, events);
  }

  activity(): VcpuActivity {
    const { state } = this.vcpu;
    if (state.waitsForStartup) takeStartup(this.vcpu);
    if (state.waitsForStartup) return "waits-for-startup";
    return isHalted(this.vcpu) && !state.woken ? "halted" : "runs";
  }

  setActivity(activity: VcpuActivity): void {
    const { state, current, events } = this.vcpu;
    const onSilicon = state.guestMode && events.haltedL2 === "on-silicon";
    state.waitsForStartup = activity === "waits-for-startup";
    state.halted = activity === "halted" && !onSilicon;
    if (current.lo(F.guestActivityState) <= ACTIVITY_HLT)
      current.set(F.guestActivityState, activity === "halted" && onSilicon ? ACTIVITY_HLT : 0, 0);
  }

  localApic(): Int32Array {
    const { guestCpu, current, state } = this.vcpu;
    guestCpu.sync(current, state);
    return readRegisterPage(guestCpu.file);
  }

  setLocalApic(registers: Int32Array): void {
    const { guestCpu, current, state } = this.vcpu;
    guestCpu.sync(current, state);
    writeRegisterPage(guestCpu.file, registers);
  }

  nestedState(): NestedState {
    return nestedStateOf(this.vcpu);
  }

  setNestedState(state: NestedState | SvmNestedState): string | null {
    return "extension" in state ? "SVM of a processor with VMX" : putNestedState(this.vcpu, state);
  }
}
