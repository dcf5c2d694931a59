import type { Block } from "../block.ts";
import type { Op } from "../op.ts";
import { SEMANTICS } from "../semantics/index.ts";
import { FLAG_AUX, FLAG_RESULT, RIP } from "../state-layout.ts";
import { AUX, type Emitter, LEFT, RELOAD, RESULT, SITE, SPILL, STATE_BASE } from "./emitter.ts";
import { FlagState } from "./flag-state.ts";
import { partOf } from "./instruction-part.ts";
import { leaveCode } from "./leave-code.ts";
import { IMPORT_OPERATE } from "./module-bytes.ts";
import { extendUnsigned, type Node, registerNode } from "./node.ts";
import { OP } from "./opcodes.ts";
import { OperationBuilder } from "./operation-builder.ts";
import type { RegionContext } from "./region-context.ts";
import type { RegionSite } from "./region-sites.ts";
import { RegisterFile, registerLeaves } from "./register-file.ts";

/** What the code of all blocks of a region shares. */
interface SharedContext {
  readonly codeBits: 32 | 64;
  readonly codeLimit: number;
  readonly flatSegments: number;
  readonly blocks: readonly Block[];
  readonly sites: RegionSite[];
}

/** How the straight part of a block ends. */
export interface BlockEnd {
  readonly flags: FlagState;
  /** Where the last instruction jumps; null for the next address. */
  readonly target: Node | null;
  /** The region was left on every path. */
  readonly left: boolean;
}

/** Writes the instructions of a region's blocks. */
export class BlockCode implements RegionContext {
  readonly codeBits: 32 | 64;
  readonly codeLimit: number;
  readonly flatSegments: number;
  usedSegments = 0;
  /** Label that leads out of the region. */
  private readonly outside = 0;
  private readonly emitter: Emitter;
  private readonly shared: SharedContext;
  private readonly flagsMatter = new Map<number, boolean>();
  private block = 0;
  private position = 0;

  constructor(emitter: Emitter, shared: SharedContext) {
    this.emitter = emitter;
    this.shared = shared;
    this.codeBits = shared.codeBits;
    this.codeLimit = shared.codeLimit;
    this.flatSegments = shared.flatSegments;
  }

  // --- Ways out. ---

  private site(kind: RegionSite["kind"], block = this.block, ripLow = 0, ripHigh = 0): number {
    return this.shared.sites.push({ kind, block, position: this.position, ripLow, ripHigh }) - 1;
  }

  private exit(site: number): void {
    this.emitter.i32(site);
    this.emitter.index(OP.localSet, SITE);
    this.emitter.branch(this.outside);
  }

  leaveBefore(flags: FlagState): void {
    this.storeFlags(flags);
    this.exit(this.site("before"));
  }

  /** Leaves behind a block for an address. */
  leaveTo(from: number, ripLow: number, ripHigh: number, flags: FlagState): void {
    this.storeFlags(flags);
    this.exit(this.site("boundary", from, ripLow, ripHigh));
  }

  /** Leaves for a computed address. */
  leaveToComputed(from: number, target: Node, flags: FlagState): void {
    const { emitter } = this;
    this.storeFlags(flags);
    emitter.index(OP.localGet, STATE_BASE);
    emitter.push(target.width === 64 ? target : extendUnsigned(target));
    emitter.memory(OP.i64Store, RIP * 4);
    this.exit(this.site("computed", from));
  }

  private storeFlags(flags: FlagState): void {
    const { emitter } = this;
    emitter.index(OP.localGet, STATE_BASE);
    emitter.push(flags.result);
    emitter.memory(OP.i64Store, FLAG_RESULT * 4);
    emitter.index(OP.localGet, STATE_BASE);
    emitter.push(flags.aux());
    emitter.memory(OP.i32Store, FLAG_AUX * 4);
  }

  /** Puts the flags where blocks start with them. */
  holdFlags(flags: FlagState): void {
    const { emitter } = this;
    emitter.push(flags.result);
    emitter.push(flags.aux());
    emitter.index(OP.localSet, AUX);
    emitter.index(OP.localSet, RESULT);
  }

  // --- Instructions. ---

  /** Writes a block's instructions. */
  emit(number: number): BlockEnd {
    const registers = new RegisterFile();
    let end: BlockEnd = { flags: FlagState.held(), target: null, left: false };
    this.block = number;
    const { ops } = this.shared.blocks[number]!;
    for (let position = 0; position < ops.length && !end.left; position++) {
      this.block = number;
      this.position = position;
      end = this.operation(ops[position]!, registers, end.flags);
      this.emitter.releaseExcept(end.target === null ? end.flags.roots() : [...end.flags.roots(), end.target]);
    }
    return end;
  }

  private operation(op: Op, registers: RegisterFile, flags: FlagState): BlockEnd {
    const part = partOf(op);
    if (part === "outside") return this.outsideOperation(flags);
    const built = part === "inline" ? this.build(op, registers, flags) : null;
    if (built === null) return this.called(flags);
    this.commit(built, registers);
    return { flags: built.flags, target: built.target, left: false };
  }

  private outsideOperation(flags: FlagState): BlockEnd {
    this.leaveBefore(flags);
    return { flags: FlagState.held(), target: null, left: true };
  }

  /** Runs the instruction's meaning; null, with nothing written, where it is beyond this back end. */
  private build(op: Op, registers: RegisterFile, flags: FlagState): OperationBuilder | null {
    const mark = this.emitter.mark();
    const kept = this.emitter.keptCount;
    const sites = this.shared.sites.length;
    const builder = new OperationBuilder(this.emitter, this, registers, op, flags);
    SEMANTICS.get(op.instruction.mnemonic)!(builder);
    if (!builder.unsupported) return builder;
    this.emitter.rollback(mark, kept);
    this.shared.sites.length = sites;
    return null;
  }

  /** Makes what the instruction staged its result. */
  private commit({ staged, flags, target }: OperationBuilder, registers: RegisterFile): void {
    const { emitter } = this;
    const roots = target === null ? flags.roots() : [...flags.roots(), target];
    for (const leaf of registerLeaves(roots)) if (staged.has(leaf.low)) emitter.settle(leaf);
    const changes = [...staged];
    for (const [, value] of changes) emitter.push(value);
    for (const [register] of changes.toReversed()) {
      emitter.setRegister(register);
      registers.current[register] = registerNode(register);
    }
  }

  /** Has the executor do it, with all registers in the state. */
  private called(flags: FlagState): BlockEnd {
    const { emitter } = this;
    this.storeFlags(flags);
    emitter.op(SPILL);
    emitter.i32(this.site("operated"));
    emitter.index(OP.localTee, SITE);
    emitter.index(OP.localGet, LEFT);
    emitter.index(OP.call, IMPORT_OPERATE);
    emitter.when(() => emitter.op(...leaveCode(), OP.return));
    emitter.op(RELOAD);
    return { flags: FlagState.held(), target: null, left: false };
  }

  // --- What a block does with flags. ---

  /** Whether the flags with which a block starts may be asked for before they are replaced. */
  needsFlags(number: number): boolean {
    const known = this.flagsMatter.get(number);
    if (known !== undefined) return known;
    const needs = this.asksForFlags(number);
    this.flagsMatter.set(number, needs);
    return needs;
  }

  private asksForFlags(number: number): boolean {
    const registers = new RegisterFile();
    for (const op of this.shared.blocks[number]!.ops) {
      if (partOf(op) !== "inline") return true;
      const effect = this.effectOf(op, registers);
      if (effect !== "none") return effect === "asks";
    }
    return true;
  }

  private effectOf(op: Op, registers: RegisterFile): "asks" | "replaces" | "none" {
    const mark = this.emitter.mark();
    const kept = this.emitter.keptCount;
    const sites = this.shared.sites.length;
    const flags = FlagState.held();
    const builder = new OperationBuilder(this.emitter, this, registers, op, flags);
    SEMANTICS.get(op.instruction.mnemonic)!(builder);
    this.emitter.rollback(mark, kept);
    this.shared.sites.length = sites;
    if (builder.unsupported || builder.mayLeave || builder.needsFlags) return "asks";
    return builder.flags === flags ? "none" : "replaces";
  }
}
