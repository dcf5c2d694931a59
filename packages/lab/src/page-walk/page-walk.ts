import { HIDDEN, peekLinear, peekWord, STATE } from "@hvdiff/cpu";
import type { Machine } from "@hvdiff/machine";
import { type SecondStageWalk, secondStagesOf } from "@hvdiff/nested";
import { hex, hi32, lo32, u64 } from "@hvdiff/spec";
import { type Guest, type RunOptions, UsageError, type WalkOptions } from "../api.ts";
import { toEventResult } from "../events.ts";
import { refuseStack } from "../resolve.ts";
import { type PageWalkResult, SCHEMA_VERSION, type StageWalk, type WalkedEntry } from "../results.ts";
import { guestImage, Session } from "../session.ts";
import { walkedEntry } from "./entry-text.ts";

const MODE_GUEST = 2;
const CR0_PG = 1 << 31;
const CR4_PAE = 1 << 5;
const CR4_LA57 = 1 << 12;
const EFER_LMA = 1 << 10;
const MASK64 = (1n << 64n) - 1n;

/** Lets the machine run until an event has happened and the guest of a processor runs on, or the run is over. */
function runTo(machine: Machine, event: number, vcpu: number): void {
  const processor = machine.processors[vcpu]!;
  const hasHappened = () => machine.trace.events.length > event;
  const isThere = () =>
    hasHappened() && (machine.client === null || processor.s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST);
  // Between two choice points of metal much can happen.
  machine.guard = {
    allow: (c) => (c === processor && hasHappened() ? 0 : Number.POSITIVE_INFINITY),
    holds: (c) => c === processor && hasHappened(),
  };
  while (!isThere() && !machine.runChoicePoints(1));
}

/** How the processor translates linear addresses now. */
function pagingOf(s: Int32Array): { name: string; levels: number; bytes: 4 | 8 } {
  if ((s[STATE.CR0]! & CR0_PG) === 0) return { name: "no paging", levels: 0, bytes: 8 };
  if ((s[STATE.CR4]! & CR4_PAE) === 0) return { name: "32-bit paging", levels: 2, bytes: 4 };
  if ((s[STATE.EFER]! & EFER_LMA) === 0) return { name: "PAE paging", levels: 2, bytes: 8 };
  return (s[STATE.CR4]! & CR4_LA57) !== 0
    ? { name: "5-level paging", levels: 5, bytes: 8 }
    : { name: "4-level paging", levels: 4, bytes: 8 };
}

function levelName(level: number): string {
  return level === 0 ? "host-physical" : `L${level}-physical`;
}

function stageOf({ name, format, address, entries, levels, result }: SecondStageWalk, from: number): StageWalk {
  return {
    name,
    from: levelName(from),
    to: levelName(from - 1),
    address: hex(address),
    entries: entries.map((entry, index) => walkedEntry(format, entry, levels - index)),
    result: result === null ? null : hex(result),
  };
}

/** What the stages make of an address. */
function stagesOf(machine: Machine, vcpu: number, place: { address: number; level: number }): StageWalk[] {
  const { address, level } = place;
  return secondStagesOf(machine, vcpu, address).map((walk, index) => stageOf(walk, level - index));
}

interface Walked {
  readonly entries: readonly (WalkedEntry & { readonly stages: readonly StageWalk[] })[];
  readonly physical: number | null;
}

/** The guest's own tables, each entry with the way to it. */
function walkTables(machine: Machine, vcpu: number, place: { linear: bigint; level: number }): Walked {
  const processor = machine.processors[vcpu]!;
  const paging = pagingOf(processor.s);
  const toHost = (address: number): number => {
    const walks = secondStagesOf(machine, vcpu, address);
    return walks.length === 0 ? address : (walks.at(-1)!.result ?? HIDDEN);
  };
  const read: number[] = [];
  const physical = peekLinear(processor, lo32(place.linear), hi32(place.linear), (address) => {
    read.push(address);
    return toHost(address);
  });
  const entries = read.map((address, index) => {
    const host = toHost(address);
    const low = host < 0 ? 0 : peekWord(machine.memory, host);
    const high = paging.bytes === 4 || host < 0 ? 0 : peekWord(machine.memory, host + 4);
    const entry = walkedEntry("guest", { address, value: u64(low, high) }, paging.levels - index);
    return { ...entry, stages: stagesOf(machine, vcpu, { address, level: place.level }) };
  });
  return { entries, physical: physical === HIDDEN ? null : physical };
}

/** RIP of the guest that runs, as a linear address. */
function instructionAddress(machine: Machine, vcpu: number): bigint {
  const processor = machine.processors[vcpu]!;
  const base = STATE.SEGMENTS + STATE.CS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_BASE;
  const { s } = processor;
  const linear = processor.rip + (processor.in64BitMode ? 0n : u64(s[base]!, s[base + 1]!));
  return linear & (processor.in64BitMode ? MASK64 : 0xffff_ffffn);
}

function addressOf(text: string): bigint {
  if (!/^0x[0-9a-f]{1,16}$/i.test(text))
    throw new UsageError(`"${text}" is no address: 0x and 1 to 16 hexadecimal digits`);
  return BigInt(text);
}

/** Translates a linear address at a moment of a run, through the guest's tables and all that lies under them. Errors: `UsageError`. */
export function pageWalk(guest: Guest, column: string, options: RunOptions, asked: WalkOptions): PageWalkResult {
  const session = new Session(guestImage(guest), options);
  const resolved = session.column(column);
  refuseStack(resolved, "has more stages than are walked");
  const given = asked.address === undefined ? null : addressOf(asked.address);
  const machine = session.machine(resolved, { traceRoot: true });
  const { vcpu = 0, event = 0 } = asked;
  if (machine.processors[vcpu] === undefined) throw new UsageError(`there is no processor ${vcpu}`);
  runTo(machine, event, vcpu);
  const { s } = machine.processors[vcpu];
  const level = machine.client === null ? s[STATE.TRACE_LEVEL]! : machine.client.where().level;
  const linear = given ?? instructionAddress(machine, vcpu);
  const { entries, physical } = walkTables(machine, vcpu, { linear, level });
  const stages = physical === null ? [] : stagesOf(machine, vcpu, { address: physical, level });
  const last = machine.trace.events.at(-1);
  return {
    schemaVersion: SCHEMA_VERSION,
    cpu: session.silicon.id,
    guest: { id: session.image.id, title: session.image.title },
    column: resolved.text,
    event: machine.trace.events.length - 1,
    text: last === undefined ? "" : toEventResult(last, 0).text,
    ended: machine.outcome !== null,
    vcpu,
    level,
    linear: hex(linear),
    paging: pagingOf(s).name,
    cr3: hex(u64(s[STATE.CR3]!, s[STATE.CR3 + 1]!)),
    entries,
    physical: physical === null ? null : hex(physical),
    stages,
    host: stages.length === 0 ? (physical === null ? null : hex(physical)) : stages.at(-1)!.result,
  };
}
