import type { Block } from "./block.ts";
import type { Engine, RunResult } from "./engine.ts";
import { STATUS_ABORTED, STATUS_NEXT, STATUS_RETIRED } from "./op.ts";
import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";

/** Decides where a run is held: a debugger's breakpoints and steps. It must change nothing. */
export interface RunGuard {
  /** How many of the block's instructions, from number `from` on, may run before it is asked again; 0 holds the run here. */
  allow(c: Processor, block: Block, from: number): number;
  /** After instructions have run, or an event was delivered: whether the run is held now. */
  holds(c: Processor): boolean;
}

/** Lets everything run. */
export const NO_GUARD: RunGuard = { allow: () => Number.POSITIVE_INFINITY, holds: () => false };

/** Where a held run goes on: before instruction `from` of the block. Inside of a block nothing is looked at but the next instruction, held or not. */
export interface HeldPlace {
  block: Block | null;
  from: number;
  epoch: number;
}

export function startPlace(): HeldPlace {
  return { block: null, from: 0, epoch: 0 };
}

/**
 * `Engine.run` under a guard. A run that is held and goes on from the same place comes by the very same states as one that was never held.
 * @param place where the last run of this stretch was held; this one's afterwards
 */
export function runGuarded(engine: Engine, limit: number, guard: RunGuard, place: HeldPlace): RunResult | "held" {
  const { c } = engine;
  engine.limit.begin(limit);
  enterPlace(c, place);
  for (;;) {
    const ended = place.from === 0 ? fetch(engine, place) : null;
    if (ended !== null) return engine.leave(ended);
    const { block, from } = place;
    if (block !== null) {
      const allowed = guard.allow(c, block, from);
      if (allowed === 0) return hold(engine, place);
      place.from = runSome(engine, block, from, allowed);
    }
    if (guard.holds(c)) return hold(engine, place);
  }
}

/** What comes before a block: why the run ends, or null with the block in `place`, or none after an event or a fault. */
function fetch(engine: Engine, place: HeldPlace): RunResult | null {
  const ended = engine.boundary();
  if (ended !== null && ended !== "again") return ended;
  place.block = ended === "again" ? null : engine.code.nextBlock();
  if (place.block === null && ended === null) engine.handleAbort(null);
  return null;
}

/** Goes on in the block in which the run was held, unless it cannot. */
function enterPlace(c: Processor, place: HeldPlace): void {
  const { block, from } = place;
  if (from > 0 && block !== null && stillThere(c, { ...place, block })) return;
  c.retired += from;
  place.block = null;
  place.from = 0;
}

/** A debugger may have changed registers or code. */
function stillThere(c: Processor, { block, from, epoch }: HeldPlace & { readonly block: Block }): boolean {
  if (c.translationEpoch !== epoch) return false;
  const op = block.ops[from]!;
  return (
    c.s[S.RIP] === op.ripLow && c.s[S.RIP + 1] === op.ripHigh && c.memory.codeVersion[block.frame] === block.version
  );
}

function hold(engine: Engine, place: HeldPlace): "held" {
  place.epoch = engine.c.translationEpoch;
  engine.leave("limit");
  return "held";
}

/** Returns the number of the block's next instruction; 0 when the block is done with. */
function runSome(engine: Engine, block: Block, from: number, allowed: number): number {
  const { c } = engine;
  if (from === 0 && engine.mustStep()) {
    engine.runOneCarefully(block, c.retired);
    return 0;
  }
  return runPart(engine, block, from, allowed);
}

/** `Engine.runBlock` from the middle and not to the end. Like there, `retired` is counted up when the block is done with. */
function runPart(engine: Engine, block: Block, from: number, allowed: number): number {
  const { c } = engine;
  const { ops } = block;
  const retired = c.retired;
  const end = Math.min(ops.length, engine.limit.at - retired);
  const stop = Math.min(end, from + allowed);
  const epoch = c.translationEpoch;
  c.blockBase = retired;
  c.blockOps = ops;
  c.s[S.RIP + 1] = block.ripHigh;
  let done = from;
  let status = STATUS_NEXT;
  while (done < stop) {
    const op = ops[done]!;
    c.s[S.RIP] = op.ripLow;
    status = op.run(c, op);
    if (status !== STATUS_NEXT) break;
    done++;
    if (c.translationEpoch !== epoch) break;
  }
  if (status === STATUS_NEXT) engine.setRipBehind(ops[done - 1]!);
  else if (status === STATUS_RETIRED) done++;
  if (status === STATUS_NEXT && c.translationEpoch === epoch && done < end) return done;
  c.retired = retired + done;
  if (status === STATUS_ABORTED) engine.handleAbort(ops[done]!);
  return 0;
}
