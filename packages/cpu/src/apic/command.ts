import type { Processor } from "../processor.ts";
import { DELIVERY, type InterruptMessage } from "./interrupt-message.ts";
import { BROADCAST } from "./local-apic.ts";
import * as R from "./registers.ts";

const LOGICAL = 1 << 11;
const ASSERT = 1 << 14;
const LEVEL_TRIGGER = 1 << 15;
const SHORTHAND_SHIFT = 18;
const SHORTHAND_SELF = 1;
const SHORTHAND_ALL_BUT_SELF = 3;
const LOWEST_VECTOR = 16;
const XAPIC_BROADCAST = 0xff;

/** The destination field of a command in xAPIC mode, which has eight bits. */
export function xapicDestination(field: number): number {
  return field === XAPIC_BROADCAST ? BROADCAST : field;
}

/** A write of the interrupt command register sends an interrupt (SDM 3A "Issuing Interprocessor Interrupts"). */
export function sendCommand(c: Processor, low: number, destination: number): void {
  const deliveryMode = (low >>> 8) & 7;
  const vector = low & 0xff;
  // INIT level de-assert only synchronizes arbitration ids, which no longer exist.
  if (deliveryMode === DELIVERY.init && (low & LEVEL_TRIGGER) !== 0 && (low & ASSERT) === 0) return;
  if (isIllegal(deliveryMode, vector)) {
    c.apic.noteError(R.ERROR_SEND_VECTOR);
    return;
  }
  const shorthand = (low >>> SHORTHAND_SHIFT) & 3;
  const message: InterruptMessage = {
    vector,
    deliveryMode,
    destination: shorthand === 0 ? destination : shorthand === SHORTHAND_SELF ? c.apicId : BROADCAST,
    logical: shorthand === 0 && (low & LOGICAL) !== 0,
    levelTriggered: false,
  };
  if (shorthand === SHORTHAND_SELF) c.apic.accept(message);
  else dispatch(c, message, shorthand === SHORTHAND_ALL_BUT_SELF);
}

function isIllegal(deliveryMode: number, vector: number): boolean {
  return (deliveryMode === DELIVERY.fixed || deliveryMode === DELIVERY.lowestPriority) && vector < LOWEST_VECTOR;
}

function dispatch(c: Processor, message: InterruptMessage, exceptSender: boolean): void {
  const { fabric } = c.apic;
  if (fabric !== null) fabric.send(message, c, exceptSender);
  else if (!exceptSender && c.apic.isDestination(message)) c.apic.accept(message);
}

/** The SELF IPI register of x2APIC mode. */
export function sendSelf(c: Processor, vector: number): void {
  if (vector < LOWEST_VECTOR) c.apic.noteError(R.ERROR_SEND_VECTOR);
  else c.apic.accept({ vector, deliveryMode: DELIVERY.fixed, levelTriggered: false });
}
