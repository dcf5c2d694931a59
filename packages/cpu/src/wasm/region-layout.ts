import type { Block } from "../block.ts";
import { TLB_ENTRIES, TLB_ENTRY_WORDS } from "../state-layout.ts";
import { ACCESS_FETCH } from "../virtualization.ts";
import type { BlockCode } from "./block-code.ts";
import type { Structure } from "./control-flow-graph.ts";
import { type Emitter, ENTRY, FETCH_BASE, LEFT } from "./emitter.ts";
import type { FlagState } from "./flag-state.ts";
import { CONSTANT, constant32, constant64, type Node } from "./node.ts";
import { I32, I64, OP } from "./opcodes.ts";
import { lastOp, type RegionPlan } from "./region-plan.ts";

const OFFSET_BYTES = 16;
const TAG_HIGH_BYTES = 12;

/** Lays a region's blocks out as structured code and writes the edges between them. */
export class RegionLayout {
  private readonly emitter: Emitter;
  private readonly plan: RegionPlan;
  private readonly structure: Structure;
  private readonly code: BlockCode;
  /** Labels of loops and of what follows blocks, by the block they lead to. */
  private readonly loops = new Map<number, number>();
  private readonly joins = new Map<number, number>();
  private readonly linear: (rip: number) => number;

  constructor(emitter: Emitter, plan: RegionPlan, structure: Structure, code: BlockCode) {
    this.emitter = emitter;
    this.plan = plan;
    this.structure = structure;
    this.code = code;
    this.linear = (rip) => (rip + plan.codeBase) | 0;
  }

  emit(): void {
    const { emitter, structure } = this;
    this.loops.set(structure.root, emitter.open(OP.loop));
    this.within(structure.root, structure.joins[structure.root]!);
    emitter.close();
  }

  /** A node and the joins it dominates, which follow it. */
  private within(node: number, joins: readonly number[]): void {
    const [last, ...rest] = joins;
    if (last === undefined) {
      this.node(node);
      return;
    }
    this.joins.set(last, this.emitter.open(OP.block));
    this.within(node, rest);
    this.emitter.close();
    this.joins.delete(last);
    this.tree(last);
  }

  /** A block with all that it dominates. */
  private tree(node: number): void {
    const { emitter, structure } = this;
    if (!structure.isLoop[node]) {
      this.within(node, structure.joins[node]!);
      return;
    }
    this.loops.set(node, emitter.open(OP.loop));
    this.within(node, structure.joins[node]!);
    emitter.close();
    this.loops.delete(node);
  }

  private node(node: number): void {
    if (node === this.structure.root) this.dispatch();
    else this.emitter.isolated(() => this.block(node));
  }

  private dispatch(): void {
    const { emitter, structure } = this;
    emitter.index(OP.localGet, ENTRY);
    const depths = structure.entries.map((entry) => emitter.depth - 1 - this.joins.get(entry)!);
    emitter.table(depths);
  }

  private block(number: number): void {
    const { emitter, plan } = this;
    const end = this.code.emit(number);
    if (end.left) return;
    const block = plan.blocks[number]!;
    const op = lastOp(block);
    const next = { low: op.nextLow, high: op.nextHigh };
    const { target } = end;
    if (target !== null && target.op !== CONSTANT && target.op !== OP.select) this.computed(number, target, end.flags);
    else if (target?.op === OP.select) this.conditional(number, target, end.flags);
    else {
      this.retire(emitter, block);
      this.edge(number, target ?? next, end.flags);
    }
  }

  /** Counts a block's instructions. */
  private retire(emitter: Emitter, block: Block): void {
    emitter.index(OP.localGet, LEFT);
    emitter.i32(block.ops.length);
    emitter.op(OP.i32Sub);
    emitter.index(OP.localSet, LEFT);
  }

  private conditional(number: number, target: Node, flags: FlagState): void {
    const { emitter } = this;
    const [yes, no, condition] = target.args as [Node, Node, Node];
    emitter.push(condition);
    const taken = emitter.hold(1, I32);
    this.retire(emitter, this.plan.blocks[number]!);
    emitter.push(taken);
    emitter.when(
      () => this.edge(number, yes, flags),
      () => this.edge(number, no, flags),
    );
    emitter.op(OP.unreachable);
  }

  private find(low: number, high: number): number {
    return this.plan.blocks.findIndex((block) => block.ripLow === low && block.ripHigh === high);
  }

  /** Goes on at a known address: within the region if it can. */
  private edge(from: number, to: { readonly low: number; readonly high: number }, flags: FlagState): void {
    const number = this.find(to.low, to.high);
    if (number < 0 || !this.plan.successors[from]!.includes(number)) {
      this.code.leaveTo(from, to.low, to.high, flags);
      return;
    }
    this.guard(from, number, () => this.code.leaveTo(from, to.low, to.high, flags));
    if (this.code.needsFlags(number)) this.code.holdFlags(flags);
    this.goTo(from, number);
  }

  /** Leaves if the block does not fit into what may be retired, or no longer lies where it was decoded. */
  private guard(from: number, to: number, leave: () => void): void {
    const { emitter } = this;
    const source = this.plan.blocks[from]!;
    const block = this.plan.blocks[to]!;
    emitter.index(OP.localGet, LEFT);
    emitter.i32(block.ops.length);
    emitter.op(OP.i32LtS);
    if (!this.samePage(source, block)) {
      this.pushMoved(block);
      emitter.op(OP.i32Or);
    }
    emitter.when(leave);
  }

  private samePage(a: Block, b: Block): boolean {
    return (this.linear(a.ripLow) ^ this.linear(b.ripLow)) >>> 12 === 0 && a.ripHigh === b.ripHigh;
  }

  /** Not zero if the fetch TLB does not lead to the block's frame. */
  private pushMoved(block: Block): void {
    const { emitter } = this;
    const page = this.linear(block.ripLow) & ~0xfff;
    const entry = ((page >>> 12) & (TLB_ENTRIES - 1)) * TLB_ENTRY_WORDS * 4;
    const differs = (offset: number, value: number): void => {
      emitter.index(OP.localGet, FETCH_BASE);
      emitter.memory(OP.i32Load, entry + offset);
      emitter.i32(value);
      emitter.op(OP.i32Ne);
    };
    differs(ACCESS_FETCH * 4, page);
    differs(TAG_HIGH_BYTES, this.plan.codeBits === 64 ? block.ripHigh : 0);
    emitter.op(OP.i32Or);
    differs(OFFSET_BYTES, block.at & ~0xfff);
    emitter.op(OP.i32Or);
  }

  private goTo(from: number, to: number): void {
    const { emitter, structure } = this;
    if (structure.order[to]! <= structure.order[from]!) {
      if (structure.dominates(to, from)) emitter.branch(this.loops.get(to)!);
      else this.throughRoot(to);
    } else if (structure.isJoin[to]) emitter.branch(this.joins.get(to)!);
    else this.tree(to);
  }

  private throughRoot(to: number): void {
    this.emitter.i32(this.structure.entries.indexOf(to));
    this.emitter.index(OP.localSet, ENTRY);
    this.emitter.branch(this.loops.get(this.structure.root)!);
  }

  /** A computed target: one that was met before, a return site, or elsewhere. */
  private computed(from: number, target: Node, flags: FlagState): void {
    const { emitter, plan } = this;
    emitter.push(target);
    const to = emitter.hold(target.width, target.type);
    this.retire(emitter, plan.blocks[from]!);
    for (const number of plan.computed[from]!) this.computedEdge(from, number, to, flags);
    this.code.leaveToComputed(from, to, flags);
  }

  private computedEdge(from: number, number: number, to: Node, flags: FlagState): void {
    const { emitter, plan } = this;
    const { ripLow, ripHigh } = plan.blocks[number]!;
    emitter.push(to);
    emitter.push(to.type === I64 ? constant64(ripLow, ripHigh) : constant32(32, ripLow));
    emitter.op(to.type === I64 ? OP.i64Eq : OP.i32Eq);
    emitter.when(() => {
      this.guard(from, number, () => this.code.leaveTo(from, ripLow, ripHigh, flags));
      this.code.holdFlags(flags);
      this.throughRoot(number);
    });
  }
}
