import { MSRS } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { storedMsr } from "../system/msr-storage.ts";
import { DELIVERY, type InterruptMessage } from "./interrupt-message.ts";
import * as R from "./registers.ts";
import { takeExpiry, timerExpiry } from "./timer.ts";
import { addVector, hasVector, highestVector, removeVector } from "./vector-set.ts";

/** What connects the local APICs of a machine with each other and with its I/O APICs. */
export interface InterruptFabric {
  /** Brings a message to every local APIC that it is for, the sender included. `exceptSender` leaves it out. */
  send(message: InterruptMessage, sender: Processor, exceptSender: boolean): void;
  /** A level-triggered interrupt is over (EOI broadcast). */
  endOfInterrupt(vector: number): void;
  /** The timer of a local APIC will act at another time than before. */
  deadlineChanged(deadline: number): void;
}

/** Destination that means every local APIC, in either mode. */
export const BROADCAST = 0xffffffff;

const LOWEST_VECTOR = 16;
const APIC_ENABLE = 0x800n;
const APIC_X2 = 0x400n;
const PAGE_MASK = ~0xfffn;
const CLUSTER_MODEL = 0;
const DELIVERY_SHIFT = 8;
const LEVEL_TRIGGER = 1 << 15;

/** The local APIC of one processor (SDM 3A "Advanced Programmable Interrupt Controller"). All its state lies in the processor's words. */
export class LocalApic {
  /** Physical address of its register page; -1 unless it is in xAPIC mode. */
  page = -1;
  /** Absent: this processor is alone. */
  fabric: InterruptFabric | null = null;
  private readonly c: Processor;
  private readonly s: Int32Array;

  constructor(c: Processor) {
    this.c = c;
    this.s = c.s;
  }

  private get base(): bigint {
    return storedMsr(this.c, MSRS.IA32_APIC_BASE.address);
  }

  /** Whether IA32_APIC_BASE has it enabled. */
  get enabled(): boolean {
    return (this.base & APIC_ENABLE) !== 0n;
  }

  get inX2Mode(): boolean {
    return (this.base & APIC_X2) !== 0n;
  }

  get softwareEnabled(): boolean {
    return (this.s[R.SPURIOUS]! & R.SOFTWARE_ENABLE) !== 0;
  }

  /** After a change of IA32_APIC_BASE, and when the state was copied in: what is derived from it. */
  modeChanged(): void {
    const base = this.base;
    const page = (base & APIC_ENABLE) !== 0n && (base & APIC_X2) === 0n ? Number(base & PAGE_MASK) : -1;
    if (page !== this.page) {
      this.page = page;
      this.c.mmu.flushAll();
    }
    this.update();
  }

  /** The logical id that x2APIC mode derives from the APIC id. */
  get x2LogicalId(): number {
    return ((this.c.apicId >>> 4) << 16) | (1 << (this.c.apicId & 15));
  }

  /** Priority of the processor: the higher class of task priority and the interrupt in service. */
  get processorPriority(): number {
    const task = this.s[R.TPR]! & 0xff;
    const inService = highestVector(this.s, R.IN_SERVICE);
    const service = Math.max(inService, 0);
    return task >>> 4 >= service >>> 4 ? task : service & 0xf0;
  }

  /** The highest vector that is requested, whatever the priority of the processor; -1 if none. */
  get highestRequest(): number {
    return highestVector(this.s, R.REQUESTS);
  }

  /** The vector that the processor would be given now; -1 if none. */
  private deliverable(): number {
    const vector = highestVector(this.s, R.REQUESTS);
    return vector >= 0 && vector >>> 4 > this.processorPriority >>> 4 && this.enabled ? vector : -1;
  }

  /** Whether INTR of the interrupt controller gets through: by LINT0, or past an APIC that is off. */
  private passesInterruptLine(): boolean {
    if (this.s[S.INTERRUPT_LINE] === 0) return false;
    if (!this.enabled) return true;
    const entry = this.s[R.LVT_LINT0]!;
    return (entry & R.MASKED) === 0 && ((entry >>> DELIVERY_SHIFT) & 7) === DELIVERY.externalInterrupt;
  }

  /** Recomputes whether an interrupt waits for the processor. */
  update(): void {
    if (this.deliverable() >= 0 || this.passesInterruptLine()) this.s[S.EVENTS]! |= S.EVENT_INTERRUPT;
    else this.s[S.EVENTS]! &= ~S.EVENT_INTERRUPT;
  }

  /** The interrupt controller's INTR output. */
  setInterruptLine(asserted: boolean): void {
    this.s[S.INTERRUPT_LINE] = asserted ? 1 : 0;
    this.update();
  }

  /** The processor takes an interrupt: its vector, which is in service from now on. */
  acknowledge(): number {
    const vector = this.deliverable();
    if (vector < 0) {
      if (this.passesInterruptLine()) {
        const external = this.c.bus.acknowledgeInterrupt();
        this.update();
        return external;
      }
      return this.s[R.SPURIOUS]! & 0xff;
    }
    removeVector(this.s, R.REQUESTS, vector);
    addVector(this.s, R.IN_SERVICE, vector);
    this.update();
    return vector;
  }

  /** A write of the EOI register. */
  endOfInterrupt(): void {
    const vector = highestVector(this.s, R.IN_SERVICE);
    if (vector < 0) return;
    removeVector(this.s, R.IN_SERVICE, vector);
    if (hasVector(this.s, R.TRIGGER_MODE, vector)) this.fabric?.endOfInterrupt(vector);
    this.update();
  }

  setTaskPriority(value: number): void {
    this.s[R.TPR] = value & 0xff;
    this.s[S.CR8] = (value >>> 4) & 15;
    this.update();
  }

  /** Whether a message is for this local APIC (SDM 3A "Determining IPI Destination"). */
  isDestination(message: InterruptMessage): boolean {
    if (!this.enabled) return false;
    const { destination } = message;
    if (destination === BROADCAST) return true;
    if (!message.logical) return destination === this.c.apicId;
    return this.inX2Mode ? this.matchesX2(destination) : this.matchesFlatOrCluster(destination);
  }

  private matchesX2(destination: number): boolean {
    const own = this.x2LogicalId;
    return destination >>> 16 === own >>> 16 && (destination & own & 0xffff) !== 0;
  }

  private matchesFlatOrCluster(destination: number): boolean {
    const own = this.s[R.LOGICAL_DESTINATION]! >>> 24;
    if (this.s[R.DESTINATION_FORMAT]! >>> 28 !== CLUSTER_MODEL) return (own & destination) !== 0;
    const cluster = destination >>> 4;
    return (cluster === 15 || cluster === own >>> 4) && (own & destination & 15) !== 0;
  }

  /** Takes a message that is for this processor. */
  accept(message: Pick<InterruptMessage, "vector" | "deliveryMode" | "levelTriggered">): void {
    const s = this.s;
    const { vector } = message;
    switch (message.deliveryMode) {
      case DELIVERY.smi:
        s[S.EVENTS]! |= S.EVENT_SMI;
        return;
      case DELIVERY.nmi:
        s[S.EVENTS]! |= S.EVENT_NMI;
        return;
      case DELIVERY.init:
        s[S.EVENTS]! |= S.EVENT_INIT;
        return;
      case DELIVERY.startUp:
        s[S.EVENTS]! |= S.EVENT_SIPI;
        s[S.STARTUP_VECTOR] = vector;
        return;
      case DELIVERY.externalInterrupt:
        return;
      default:
        this.request(vector, message.levelTriggered);
    }
  }

  private request(vector: number, levelTriggered: boolean): void {
    if (!this.softwareEnabled) return;
    if (vector < LOWEST_VECTOR) {
      this.noteError(R.ERROR_RECEIVE_VECTOR);
      return;
    }
    addVector(this.s, R.REQUESTS, vector);
    if (levelTriggered) addVector(this.s, R.TRIGGER_MODE, vector);
    else removeVector(this.s, R.TRIGGER_MODE, vector);
    this.update();
  }

  /** Sends an interrupt of its own local vector table, unless masked. */
  private raiseLocal(entry: number): void {
    if ((entry & R.MASKED) !== 0 || !this.enabled) return;
    const levelTriggered = (entry & LEVEL_TRIGGER) !== 0;
    this.accept({ vector: entry & 0xff, deliveryMode: (entry >>> DELIVERY_SHIFT) & 7, levelTriggered });
  }

  /** An error is noted and, if it is the first of its kind, reported. */
  noteError(bit: number): void {
    const before = this.s[R.ERRORS_SEEN]!;
    this.s[R.ERRORS_SEEN] = before | bit;
    if ((before & bit) === 0 && this.softwareEnabled) this.raiseLocal(this.s[R.LVT_ERROR]! & ~LEVEL_TRIGGER);
  }

  /** Tick at which the timer acts by itself. */
  get deadline(): number {
    return timerExpiry(this.c);
  }

  /** Lets the timer act on the time that has passed. */
  advanceTo(now: number): void {
    if (takeExpiry(this.c, now)) this.raiseLocal(this.s[R.LVT_TIMER]! & 0x100ff);
  }
}
