import type { Block } from "../block.ts";
import type { Op } from "../op.ts";

/** Most blocks and instructions of a region. */
const MAX_BLOCKS = 48;
const MAX_OPS = 700;
/** Most return sites that a region takes up. */
const MAX_RETURNS = 8;

/** Blocks that are compiled together, the head first. */
export interface RegionPlan {
  readonly blocks: readonly Block[];
  /** Blocks at which the region may be entered: the head, what follows its calls, and heads of loops. */
  readonly entries: readonly number[];
  /** For each block, the blocks that its computed jump, call or return may lead to. */
  readonly computed: readonly (readonly number[])[];
  readonly successors: readonly (readonly number[])[];
  readonly codeBits: 32 | 64;
  /** Base of the code segment, outside 64-bit mode. */
  readonly codeBase: number;
}

/** Finds the block that a region would take up at an address: decoded, hot enough, and in memory where it was. */
export type BlockFinder = (ripLow: number, ripHigh: number) => Block | null;

export function lastOp(block: Block): Op {
  return block.ops[block.ops.length - 1]!;
}

/** Where a block leads to, as far as its last instruction says. */
function targetsOf(block: Block): { low: number; high: number }[] {
  const op = lastOp(block);
  const { mnemonic, operands } = op.instruction;
  const next = { low: op.nextLow, high: op.nextHigh };
  const target = { low: op.targetLow, high: op.targetHigh };
  if (operands[0]?.kind === "relative") return mnemonic === "jmp" || mnemonic === "call" ? [target] : [target, next];
  return mnemonic === "jmp" || mnemonic === "call" || mnemonic === "ret" ? [] : [next];
}

function isReturn(block: Block): boolean {
  return lastOp(block).instruction.mnemonic === "ret";
}

class Collection {
  readonly blocks: Block[] = [];
  readonly returns = new Set<number>();
  private readonly find: BlockFinder;
  private ops = 0;

  constructor(find: BlockFinder) {
    this.find = find;
  }

  /** Number of the block at an address, taken up if there is room; -1 where there is none. */
  add(low: number, high: number): number {
    const known = this.blocks.findIndex((block) => block.ripLow === low && block.ripHigh === high);
    if (known >= 0) return known;
    const block = this.find(low, high);
    return block === null ? -1 : this.take(block);
  }

  take(block: Block): number {
    if (this.blocks.length >= MAX_BLOCKS || this.ops + block.ops.length > MAX_OPS) return -1;
    this.ops += block.ops.length;
    this.blocks.push(block);
    return this.blocks.length - 1;
  }

  /** Takes up what a computed jump has led to before. */
  addComputed({ computedTargets }: Block): number[] {
    const numbers: number[] = [];
    for (let at = 0; at < computedTargets.length; at += 2) {
      const number = this.add(computedTargets[at]!, computedTargets[at + 1]!);
      if (number >= 0) numbers.push(number);
    }
    return numbers;
  }

  addReturn(block: Block): void {
    const op = lastOp(block);
    if (op.instruction.mnemonic !== "call" || this.returns.size >= MAX_RETURNS) return;
    const number = this.add(op.nextLow, op.nextHigh);
    if (number >= 0) this.returns.add(number);
  }
}

/** Collects the hot blocks that the head leads to, nearest first. */
export function planRegion(head: Block, find: BlockFinder, codeBits: 32 | 64, codeBase: number): RegionPlan {
  const found = new Collection(find);
  found.take(head);
  const successors: number[][] = [];
  const computed: number[][] = [];
  for (let at = 0; at < found.blocks.length; at++) {
    const block = found.blocks[at]!;
    const numbers = targetsOf(block).map(({ low, high }) => found.add(low, high));
    successors.push([...new Set(numbers.filter((number) => number >= 0))]);
    found.addReturn(block);
    computed.push(found.addComputed(block));
  }
  const heads = loopHeads(successors);
  const returns = [...found.returns];
  const targets = computed.map((known, at) =>
    isReturn(found.blocks[at]!) ? [...new Set([...known, ...returns])] : known,
  );
  const entries = [...new Set([0, ...targets.flat(), ...heads])];
  return { blocks: found.blocks, entries, computed: targets, successors, codeBits, codeBase };
}

/** Blocks that an edge leads back to, in a depth-first walk from each block not seen yet. */
function loopHeads(successors: readonly (readonly number[])[]): number[] {
  const state = new Uint8Array(successors.length);
  const heads = new Set<number>();
  const visit = (node: number): void => {
    state[node] = 1;
    for (const next of successors[node]!) {
      if (state[next] === 1) heads.add(next);
      else if (state[next] === 0) visit(next);
    }
    state[node] = 2;
  };
  for (let node = 0; node < successors.length; node++) if (state[node] === 0) visit(node);
  return [...heads];
}
