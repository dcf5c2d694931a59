import { FLAG_AUX, FLAG_RESULT, GPR } from "../state-layout.ts";
import { BlockCode } from "./block-code.ts";
import { structureOf } from "./control-flow-graph.ts";
import { AUX, Emitter, FIRST_REGISTER, RELOAD, RESULT, SPILL, STATE_BASE } from "./emitter.ts";
import { leaveCode } from "./leave-code.ts";
import { moduleBytes } from "./module-bytes.ts";
import { EMPTY_BLOCK, OP } from "./opcodes.ts";
import { RegionLayout } from "./region-layout.ts";
import type { RegionPlan } from "./region-plan.ts";
import type { RegionSite } from "./region-sites.ts";

/** What the code of a region takes for granted; the caller has made sure of it, and does so at each entry. */
export interface RegionPremises {
  readonly codeBits: 32 | 64;
  readonly codeLimit: number;
  readonly flatSegments: number;
}

export interface CompiledRegion {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sites: readonly RegionSite[];
  /** Blocks behind the entry numbers. */
  readonly entries: readonly number[];
  /** Segments that must be flat. */
  readonly usedSegments: number;
}

/** Compiles a planned region to a module. */
export function compileRegion(plan: RegionPlan, premises: RegionPremises): CompiledRegion {
  const structure = structureOf({ successors: plan.successors, entries: plan.entries });
  const emitter = new Emitter();
  const sites: RegionSite[] = [];
  emitter.op(OP.block, EMPTY_BLOCK);
  emitter.depth++;
  const code = new BlockCode(emitter, { ...premises, blocks: plan.blocks, sites });
  new RegionLayout(emitter, plan, structure, code).emit();
  emitter.depth--;
  emitter.op(OP.end);
  const body = [...loads(emitter), ...resolved(emitter), ...spill(emitter), ...leaveCode()];
  return {
    bytes: moduleBytes(emitter.locals, body),
    sites,
    entries: structure.entries,
    usedSegments: code.usedSegments,
  };
}

function registersIn(mask: number): number[] {
  return Array.from({ length: 16 }, (_, register) => register).filter((register) => (mask & (1 << register)) !== 0);
}

function code(write: (out: Emitter) => void): number[] {
  const out = new Emitter();
  write(out);
  return out.code;
}

/** Loads the registers that the region uses, and the flags. */
function loads({ used }: Emitter): number[] {
  return code((out) => {
    for (const register of registersIn(used)) {
      out.index(OP.localGet, STATE_BASE);
      out.memory(OP.i64Load, (GPR + register * 2) * 4);
      out.index(OP.localSet, FIRST_REGISTER + register);
    }
    loadFlags(out);
  });
}

function loadFlags(out: Emitter): void {
  out.index(OP.localGet, STATE_BASE);
  out.memory(OP.i64Load, FLAG_RESULT * 4);
  out.index(OP.localSet, RESULT);
  out.index(OP.localGet, STATE_BASE);
  out.memory(OP.i32Load, FLAG_AUX * 4);
  out.index(OP.localSet, AUX);
}

/** Stores the registers that the region has written. */
function spill({ written }: Emitter): number[] {
  return code((out) => {
    for (const register of registersIn(written)) {
      out.index(OP.localGet, STATE_BASE);
      out.index(OP.localGet, FIRST_REGISTER + register);
      out.memory(OP.i64Store, (GPR + register * 2) * 4);
    }
  });
}

/** The region's code with the places filled in that had to wait until it was known which registers it uses. */
function resolved(emitter: Emitter): number[] {
  const spilled = spill(emitter);
  const loaded = loads(emitter);
  const out: number[] = [];
  for (const byte of emitter.code) {
    if (byte === SPILL) out.push(...spilled);
    else if (byte === RELOAD) out.push(...loaded);
    else out.push(byte);
  }
  return out;
}
