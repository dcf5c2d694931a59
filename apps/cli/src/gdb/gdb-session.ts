import type { DebugStop, DebugTarget } from "@hvdiff/lab";
import { breakpointPacket } from "./breakpoint-packets.ts";
import { hexAddress, hexNumber } from "./hex.ts";
import { readMemory, writeBinary, writeHex } from "./memory-packets.ts";
import { type Queries, query } from "./queries.ts";
import { readRegisters, registerHex, writeOneRegister, writeRegisters } from "./register-packets.ts";
import { goneReply, stopReply } from "./stop-reply.ts";
import { threadOf, vcpuOf } from "./threads.ts";

/** What the guest is to do after a packet. */
export type Resume = { readonly kind: "run"; readonly stepping: number | null } | { readonly kind: "detach" | "kill" };

/** What is to be sent back, if anything, and done. */
export interface Answer {
  readonly reply: string | null;
  readonly resume?: Resume;
}

export const OK = "OK";
/** No such thing as was asked for. */
export const INVALID = "E01";

type Handler = (text: string) => string | Answer;

/** GDB's side of one connection: packets in, packets out. Knows nothing of sockets or time. */
export class GdbSession implements Queries {
  readonly target: DebugTarget;
  swbreak = false;
  /** Acknowledgements are no longer sent. */
  noAck = false;
  stop: DebugStop;
  /** Processors that `g`, `m` and the like, and `c` and `s`, mean; the second null for any. */
  private general: number;
  private control: number | null = null;
  private readonly handlers: Readonly<Record<string, Handler>> = {
    "?": () => this.stopReply(),
    "!": () => "",
    H: (text) => this.selectThread(text),
    T: (text) => (vcpuOf(this.target, text) === undefined ? INVALID : OK),
    g: () => this.visible(() => readRegisters(this.target, this.general)),
    G: (text) => this.visible(() => (writeRegisters(this.target, this.general, text) ? OK : INVALID)),
    p: (text) => this.visible(() => this.readRegister(text)),
    P: (text) => this.visible(() => (writeOneRegister(this.target, this.general, text) ? OK : INVALID)),
    m: (text) => this.visible(() => readMemory(this.target, this.general, text)),
    M: (text) => this.visible(() => writeHex(this.target, this.general, text)),
    X: (text) => this.visible(() => writeBinary(this.target, this.general, text)),
    Z: (text) => breakpointPacket(this.target, text, true),
    z: (text) => breakpointPacket(this.target, text, false),
    c: (text) => this.resumeAt(text, null),
    s: (text) => this.resumeAt(text, this.control ?? this.stop.vcpu),
    v: (text) => this.verbose(text),
    q: (text) => query(this, text),
    Q: (text) => this.set(text),
    D: () => ({ reply: OK, resume: { kind: "detach" } }),
    k: () => ({ reply: null, resume: { kind: "kill" } }),
  };

  /** @param stop why the guest stands still */
  constructor(target: DebugTarget, stop: DebugStop) {
    this.target = target;
    this.stop = stop;
    this.general = stop.vcpu;
  }

  /** The guest has stopped. Returns the packet that says so. */
  stopped(stop: DebugStop): string {
    this.stop = stop;
    this.general = stop.vcpu;
    this.control = null;
    return this.stopReply();
  }

  /** Answers a packet. An empty reply says that it is not known. */
  handle(packet: string): Answer {
    const handler = this.handlers[packet[0] ?? ""];
    const answer = handler === undefined ? "" : handler(packet.slice(1));
    return typeof answer === "string" ? { reply: answer } : answer;
  }

  get vcpu(): number {
    return this.general;
  }

  private stopReply(): string {
    return stopReply(this.target, this.stop, this.swbreak);
  }

  /** An L0 has the processor: nothing of the guest's can be seen. */
  private visible(answer: () => string): string {
    return this.target.isVisible ? answer() : INVALID;
  }

  private readRegister(text: string): string {
    const register = this.target.registers[hexNumber(text) ?? -1];
    return register === undefined ? INVALID : registerHex(this.target, this.general, register);
  }

  private selectThread(text: string): string {
    const vcpu = vcpuOf(this.target, text.slice(1));
    if (vcpu === undefined) return INVALID;
    if (text[0] === "g") this.general = vcpu ?? this.general;
    else if (text[0] === "c") this.control = vcpu;
    else return "";
    return OK;
  }

  private resumeAt(text: string, stepping: number | null): string | Answer {
    const address = hexAddress(text);
    if (text !== "" && address === null) return INVALID;
    const rip = this.target.registers.find(({ name }) => name === "rip")!;
    if (address !== null) rip.write!(this.target.processors[stepping ?? this.stop.vcpu]!, address);
    return this.resume(stepping);
  }

  private resume(stepping: number | null): Answer {
    if (this.target.outcome !== null) return { reply: goneReply(this.stop), resume: { kind: "detach" } };
    return { reply: null, resume: { kind: "run", stepping } };
  }

  /** `vCont;s:1;c`: the first action that names a thread is its own. Processors that it lets stand run all the same, in their turn. */
  private verbose(text: string): string | Answer {
    if (text === "Cont?") return "vCont;c;C;s;S";
    if (text.startsWith("Kill")) return { reply: OK, resume: { kind: "kill" } };
    if (!text.startsWith("Cont;")) return "";
    const actions = text.slice("Cont;".length).split(";");
    const step = actions.find((action) => /^[sS]/.test(action));
    if (step === undefined) return actions.some((action) => /^[cC]/.test(action)) ? this.resume(null) : INVALID;
    const vcpu = vcpuOf(this.target, step.split(":")[1] ?? threadOf(this.stop.vcpu));
    return vcpu === undefined ? INVALID : this.resume(vcpu ?? this.stop.vcpu);
  }

  private set(text: string): string {
    if (text !== "StartNoAckMode") return "";
    this.noAck = true;
    return OK;
  }
}
