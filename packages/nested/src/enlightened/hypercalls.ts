import { STATE } from "@hvdiff/cpu";
import { u64 } from "@hvdiff/spec";
import { F } from "../fields.ts";
import { skipInstruction } from "../guest-instructions.ts";
import { hostAddress, isGuestRam } from "../host-layout.ts";
import { setGeneralRegister } from "../instruction-operand.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";
import { postMessage, signalEvent } from "./connections.ts";

/*
 * Hypercalls of L1 (Hypervisor Top-Level Functional Specification, "Hypercall Interface").
 */

const RAX = 0;
const RCX = STATE.GPR + 2;
const RDX = STATE.GPR + 4;
const CODE_64 = 1 << 13;
const PRIVILEGE = 3;
const VECTOR_UNDEFINED = 6;
const FAST = 1n << 16n;
const REPETITIONS = 0xfffn;

const SUCCESS = 0;
const INVALID_CODE = 2;
const INVALID_INPUT = 3;
const INVALID_PORT_ID = 0x11;

const HEADER_BYTES = 16;
const MOST_PAYLOAD = 240;
const CONNECTION_ID = 0xff_ffffn;

interface Call {
  readonly vcpu: VmxVcpu;
  readonly control: bigint;
  readonly input: bigint;
}

/** Connection, type, size and payload come as a page; a message has type, size, flags and sender before the payload. */
function post({ vcpu, control, input }: Call): number {
  const { l0 } = vcpu;
  const address = Number(input);
  if ((control & FAST) !== 0n || !isGuestRam(address, l0.options.ram)) return INVALID_INPUT;
  const at = hostAddress(address, l0.options.ram);
  const { memory } = l0.machine;
  const size = memory.read32(at + 12) >>> 0;
  if (size > MOST_PAYLOAD) return INVALID_INPUT;
  const type = [...memory.readBytes(at + 8, 4)];
  const header = [...type, size, ...new Array<number>(HEADER_BYTES - 5).fill(0)];
  return postMessage(l0, memory.read32(at) >>> 0, [...header, ...memory.readBytes(at + HEADER_BYTES, size)]);
}

function signal({ vcpu, control, input }: Call): number {
  const { l0 } = vcpu;
  let parameter = input;
  if ((control & FAST) === 0n) {
    const address = Number(input);
    if (!isGuestRam(address, l0.options.ram)) return INVALID_INPUT;
    const at = hostAddress(address, l0.options.ram);
    parameter = u64(l0.machine.memory.read32(at), l0.machine.memory.read32(at + 4));
  }
  if ((parameter & 0xffff_0000_0000n) !== 0n) return INVALID_PORT_ID;
  return (parameter & ~CONNECTION_ID) === 0n ? signalEvent(l0, Number(parameter)) : INVALID_INPUT;
}

/** More may be forgotten than a call asks for. */
function flush({ vcpu }: Call): number {
  for (const each of vcpu.l0.vcpus) each.forgetTranslations(false);
  return SUCCESS;
}

/** As INVEPT of all contexts on all processors: more may be forgotten than a call asks for. */
function flushGuestPhysical({ vcpu }: Call): number {
  vcpu.l0.count("flushes.guest-physical");
  for (const { environment } of vcpu.l0.vcpus) environment.invalidateEpt(true, 0, 0);
  return SUCCESS;
}

interface Hypercall {
  /** The decision point that says whether it is there; none: with all hypercalls. */
  readonly asks?: "synic" | "flushesGuestPhysical";
  readonly repeats: boolean;
  readonly run: (call: Call) => number;
}

const HYPERCALLS: ReadonlyMap<number, Hypercall> = new Map([
  // HvCallFlushVirtualAddressSpace and …List, and both again with a set of processors
  [0x0002, { repeats: false, run: flush }],
  [0x0003, { repeats: true, run: flush }],
  [0x0013, { repeats: false, run: flush }],
  [0x0014, { repeats: true, run: flush }],
  // HvCallNotifyLongSpinWait
  [0x0008, { repeats: false, run: () => SUCCESS }],
  // HvCallPostMessage, HvCallSignalEvent
  [0x005c, { asks: "synic", repeats: false, run: post }],
  [0x005d, { asks: "synic", repeats: false, run: signal }],
  // HvCallFlushGuestPhysicalAddressSpace and …List
  [0x00af, { asks: "flushesGuestPhysical", repeats: false, run: flushGuestPhysical }],
  [0x00b0, { asks: "flushesGuestPhysical", repeats: true, run: flushGuestPhysical }],
]);

/** What is there but not here: HvCallSendSyntheticClusterIpi and HvCallSendSyntheticClusterIpiEx. */
const UNMODELLED: readonly number[] = [0x000b, 0x0015];

function statusOf(call: Call, code: number, isRepeated: boolean): number {
  const called = HYPERCALLS.get(code);
  if (called === undefined) return INVALID_CODE;
  if (called.asks !== undefined && !call.vcpu.l0.options.policy.enlightened[called.asks]) return INVALID_CODE;
  return called.repeats === isRepeated ? called.run(call) : INVALID_INPUT;
}

/** VMCALL of L1 as a hypercall of this interface. False where L1 has not said that it uses that. */
export function emulateHypercall(vcpu: VmxVcpu): boolean {
  const { hypercalls } = vcpu.l0.options.policy.enlightened;
  if (!hypercalls || vcpu.l0.state.synthetic.guestOs === 0n) return false;
  if ((vcpu.v01.lo(F.guestSsAccessRights) >>> 5) & PRIVILEGE) {
    vcpu.state.owed = { vector: VECTOR_UNDEFINED, errorCode: -1, low: 0, high: 0 };
    return true;
  }
  const { s } = vcpu.silicon;
  const control = u64(s[RCX]!, s[RCX + 1]!);
  const code = Number(control & 0xffffn);
  const in64BitMode = (vcpu.v01.lo(F.guestCsAccessRights) & CODE_64) !== 0;
  if (!in64BitMode || UNMODELLED.includes(code)) {
    const what = in64BitMode ? `hypercall ${code.toString(16)}H` : "a hypercall outside 64-bit mode";
    vcpu.outcome = { kind: "unimplemented", what, where: vcpu.where() };
    return true;
  }
  const count = (control >> 32n) & REPETITIONS;
  const status = statusOf({ vcpu, control, input: u64(s[RDX]!, s[RDX + 1]!) }, code, count > 0n);
  const done = status === SUCCESS ? count : 0n;
  setGeneralRegister(vcpu.silicon, vcpu.v01, RAX, BigInt(status) | (done << 32n));
  vcpu.sink?.event("vmx", { instruction: "vmcall", result: "hypercall" });
  skipInstruction(vcpu);
  return true;
}
