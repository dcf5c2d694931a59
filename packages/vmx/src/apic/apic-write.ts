import { exitReasonNumber } from "@hvdiff/spec";
import type { VmxCore } from "../core.ts";
import * as W from "../state.ts";
import { pendTrapExit, updateApicEvent } from "./trap-exit.ts";
import { readVirtual, VEOI, VICR_HIGH, VICR_LOW, VTPR, writeVirtual } from "./virtual-apic-page.ts";
import { deliversVirtualInterrupts, virtualizeEoi, virtualizeSelfIpi, virtualizeTpr } from "./virtual-interrupts.ts";

/*
 * APIC-write emulation (SDM 3C "APIC-Write Emulation"): what follows an instruction that has written to the APIC-access page.
 */

const APIC_WRITE = exitReasonNumber("APIC_WRITE");
/** So that offset 0 differs from nothing. */
const PENDING = 1;

/** Bits of a command that must be as in `SELF_IPI_COMMAND` for it to be virtualized: reserved ones, shorthand, trigger, status, mode. */
const COMMAND_MASK = 0xffff_b700 & ~(1 << 14);
const SELF_IPI_COMMAND = 1 << 18;

/** A store to the page went to the register at this offset. */
export function noteApicWrite(core: VmxCore, offset: number): void {
  core.s[W.APIC_WRITE] = (offset & 0xff0) | PENDING;
  updateApicEvent(core);
}

/** An APIC-write VM exit for a register. */
export function pendApicWriteExit(core: VmxCore, register: number): void {
  pendTrapExit(core, APIC_WRITE, register);
}

/** Whether the vector may be that of an interrupt. */
export function isInterruptVector(vector: number): boolean {
  return vector >>> 4 !== 0;
}

function writeCommand(core: VmxCore): void {
  const command = readVirtual(core, VICR_LOW);
  const isSelf = (command & COMMAND_MASK) === SELF_IPI_COMMAND && isInterruptVector(command & 0xff);
  if (isSelf && deliversVirtualInterrupts(core)) virtualizeSelfIpi(core, command & 0xff);
  else pendApicWriteExit(core, VICR_LOW);
}

function emulate(core: VmxCore, register: number): void {
  switch (register) {
    case VTPR:
      writeVirtual(core, VTPR, readVirtual(core, VTPR) & 0xff);
      virtualizeTpr(core);
      return;
    case VICR_LOW:
      writeCommand(core);
      return;
    case VICR_HIGH:
      writeVirtual(core, VICR_HIGH, readVirtual(core, VICR_HIGH) & 0xff00_0000);
      return;
    default:
      if (register !== VEOI || !deliversVirtualInterrupts(core)) {
        pendApicWriteExit(core, register);
        return;
      }
      writeVirtual(core, VEOI, 0);
      virtualizeEoi(core);
  }
}

/** Does what the last write to the page asks for. A VM exit that is due then waits. */
export function emulateApicWrite(core: VmxCore): void {
  const written = core.s[W.APIC_WRITE]!;
  if (written === 0) return;
  core.s[W.APIC_WRITE] = 0;
  emulate(core, written & 0xff0);
  updateApicEvent(core);
}
