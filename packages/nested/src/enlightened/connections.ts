import type { L0 } from "../l0.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";
import { deliverMessage, isSlotTaken, raiseSint, setEventFlag } from "./synic.ts";
import type { SynicConnection } from "./synic-state.ts";
import { timersAfterMessage } from "./synthetic-timers.ts";

/*
 * What messages and events of the guest come to: QEMU's test device for Hyper-V's interface sends everything back.
 */

const RAISE_SINT = 3;
const CREATE: Readonly<Record<number, SynicConnection["kind"]>> = { 4: "message", 6: "event" };
const DESTROY: Readonly<Record<number, SynicConnection["kind"]>> = { 5: "message", 7: "event" };

/** A write to the test device: connection, command, virtual processor and source, a byte each. */
export function controlTestDevice(l0: L0, value: number): void {
  const [sint, vcpu, command, id] = [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff) as [
    number,
    number,
    number,
    number,
  ];
  const { synthetic } = l0.state;
  const target = l0.vcpus[vcpu];
  if (command === RAISE_SINT && target !== undefined) raiseSint(target, sint);
  const created = CREATE[command];
  if (created !== undefined) synthetic.connections.push({ id, kind: created, vcpu, sint, staged: null });
  const destroyed = DESTROY[command];
  if (destroyed !== undefined)
    synthetic.connections = synthetic.connections.filter((each) => each.id !== id || each.kind !== destroyed);
}

function send(l0: L0, connection: SynicConnection, message: readonly number[]): void {
  const target = l0.vcpus[connection.vcpu];
  if (target === undefined) return;
  const isBusy = deliverMessage(target, connection.sint, message) === "busy";
  connection.staged = isBusy ? message : null;
}

const SUCCESS = 0;
const INVALID_CONNECTION_ID = 0x12;
const INSUFFICIENT_BUFFERS = 0x13;

/** @returns the status of the hypercall */
export function postMessage(l0: L0, id: number, message: readonly number[]): number {
  const connection = l0.state.synthetic.connections.find((each) => each.kind === "message" && each.id === id);
  if (connection === undefined) return INVALID_CONNECTION_ID;
  if (connection.staged !== null) return INSUFFICIENT_BUFFERS;
  send(l0, connection, message);
  return SUCCESS;
}

/** @returns the status of the hypercall */
export function signalEvent(l0: L0, id: number): number {
  const connection = l0.state.synthetic.connections.find((each) => each.kind === "event" && each.id === id);
  if (connection === undefined) return INVALID_CONNECTION_ID;
  const target = l0.vcpus[connection.vcpu];
  if (target !== undefined) setEventFlag(target, connection.sint, id);
  return SUCCESS;
}

/** The guest has ended a message: what waits for the slot is sent. */
export function afterMessage(vcpu: VmxVcpu, sint: number): void {
  timersAfterMessage(vcpu, sint);
  for (const connection of vcpu.l0.state.synthetic.connections) {
    const waits = connection.staged !== null && connection.vcpu === vcpu.index && connection.sint === sint;
    if (waits && !isSlotTaken(vcpu, sint)) send(vcpu.l0, connection, connection.staged!);
  }
}
