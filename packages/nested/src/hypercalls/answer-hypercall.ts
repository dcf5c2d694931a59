import { STATE } from "@hvdiff/cpu";
import { isGuestRam } from "../host-layout.ts";
import { clockReading } from "../paravirtual-clock.ts";
import type { VirtualMachine } from "../virtual-machine.ts";
import type { VirtualProcessor } from "../virtual-processor.ts";
import type { HypercallPolicy } from "./hypercall-policy.ts";

const INVALID_ARGUMENT = -22;
const BAD_ADDRESS = -14;
const NOT_SUPPORTED = -95;

const RBX = STATE.GPR + 6;
const RCX = STATE.GPR + 2;
const RDX = STATE.GPR + 4;
const RSI = STATE.GPR + 12;

/** Destination, mode and shorthand of an interrupt command, which such a call has no use for. */
const COMMAND_DESTINATION = 0xc_0800n;
const COMMAND_LEVEL_TRIGGERED = 1n << 15n;
const WALL_CLOCK = 0n;
const CLOCK_PAIR_BYTES = 64;
const NANOSECONDS = 1_000_000_000n;

/** Who calls, and how. */
export interface HypercallCaller {
  readonly vcpu: VirtualProcessor;
  readonly rax: bigint;
  readonly in64BitMode: boolean;
  readonly privilege: number;
}

interface Call {
  readonly vm: VirtualMachine<VirtualProcessor>;
  readonly caller: HypercallCaller;
  readonly arguments: readonly [bigint, bigint, bigint, bigint];
}

function argumentsOf({ vcpu: { silicon }, in64BitMode }: HypercallCaller): Call["arguments"] {
  const { s } = silicon;
  const of = (word: number): bigint => {
    const low = BigInt(s[word]! >>> 0);
    return in64BitMode ? low | (BigInt(s[word + 1]! >>> 0) << 32n) : low;
  };
  return [of(RBX), of(RCX), of(RDX), of(RSI)];
}

function withId({ vcpus }: Call["vm"], id: bigint): VirtualProcessor[] {
  return vcpus.filter(({ guestCpu: { file } }) => BigInt(file.apicId) === id);
}

function wake({ vm, arguments: [, id] }: Call): number {
  for (const vcpu of withId(vm, BigInt.asUintN(32, id))) {
    vcpu.wake();
    vm.kick(vcpu);
  }
  return 0;
}

/** Local APICs that a call names, by bits that begin at an ID; the ID wraps around at 32 bits. */
function* namedIds([first, second, start]: Call["arguments"], bits: bigint): Generator<bigint> {
  for (const [set, from] of [[first, start] as const, [second, start + bits] as const])
    for (let at = 0n; at < bits; at++) if (((set >> at) & 1n) !== 0n) yield BigInt.asUintN(32, from) + at;
}

function sendInterrupts({ vm, caller, arguments: all }: Call): number {
  const command = all[3];
  if ((command & COMMAND_DESTINATION) !== 0n) return INVALID_ARGUMENT;
  const message = {
    vector: Number(command & 0xffn),
    deliveryMode: Number((command >> 8n) & 7n),
    levelTriggered: (command & COMMAND_LEVEL_TRIGGERED) !== 0n,
  };
  const named = [...namedIds(all, caller.in64BitMode ? 64n : 32n)];
  const targets = vm.vcpus.filter(({ guestCpu: { file } }) => file.apic.enabled && named.includes(BigInt(file.apicId)));
  for (const vcpu of targets) vm.deliver(vcpu, message);
  return targets.length;
}

/** Seconds, nanoseconds, time stamp, flags and padding. */
function pairClocks({ vm, caller: { vcpu }, arguments: [address, type] }: Call): number {
  if (type !== WALL_CLOCK) return NOT_SUPPORTED;
  if (!isGuestRam(Number(address), vm.options.ram)) return BAD_ADDRESS;
  const { stamp, nanoseconds } = clockReading(vcpu);
  const words = [nanoseconds / NANOSECONDS, nanoseconds % NANOSECONDS, stamp];
  for (let at = 0; at < CLOCK_PAIR_BYTES; at += 8)
    vcpu.guestCpu.writePhysical64(Number(address) + at, words[at / 8] ?? 0n);
  return 0;
}

/** What L0 has done when the next entry comes, or what changes nothing that a guest could tell. */
function nothing(): number {
  return 0;
}

const CALLS: Readonly<Record<Exclude<keyof HypercallPolicy, "unknown" | "unprivileged">, (call: Call) => number>> = {
  poll: nothing,
  wake,
  pairClocks,
  sendInterrupts,
  giveWay: nothing,
};

const NAMES = Object.keys(CALLS) as (keyof typeof CALLS)[];

/** Does a hypercall of L1's. @returns what rAX becomes; null where the instruction is none. */
export function answerHypercall(vm: VirtualMachine<VirtualProcessor>, caller: HypercallCaller): bigint | null {
  const policy = vm.options.policy.hypercalls;
  if (policy.unknown === null) return null;
  const answer = BigInt(answerOf({ vm, caller, arguments: argumentsOf(caller) }, policy, policy.unknown));
  return BigInt.asUintN(caller.in64BitMode ? 64 : 32, answer);
}

function answerOf(call: Call, policy: HypercallPolicy, unknown: number): number {
  const { rax, in64BitMode, privilege } = call.caller;
  if (privilege !== 0 && policy.unprivileged !== null) return policy.unprivileged;
  const number = in64BitMode ? rax : BigInt.asUintN(32, rax);
  const name = NAMES.find((each) => policy[each] !== null && BigInt(policy[each]) === number);
  return name === undefined ? unknown : CALLS[name](call);
}
