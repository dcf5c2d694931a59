/** A directed graph of blocks 0 ... n - 1 below a root `n` that dispatches to the blocks in `entries`. */
export interface BlockGraph {
  readonly successors: readonly (readonly number[])[];
  /** Blocks that the root leads to. */
  readonly entries: readonly number[];
}

/**
 * How a graph becomes nested blocks and loops (N. Ramsey, "Beyond Relooper", 2022): dominator tree, order, and which nodes begin loops or join
 * paths. Edges that would make the graph irreducible go through the root.
 */
export interface Structure {
  readonly root: number;
  readonly entries: readonly number[];
  /** Position in reverse postorder; the root is 0. */
  readonly order: readonly number[];
  /** Children in the dominator tree that several forward edges reach, the last in order first. */
  readonly joins: readonly (readonly number[])[];
  readonly isLoop: readonly boolean[];
  readonly isJoin: readonly boolean[];
  dominates(a: number, b: number): boolean;
}

/** Postorder of what the root reaches. */
function postorder(graph: BlockGraph, root: number): number[] {
  const seen = new Set<number>();
  const out: number[] = [];
  const visit = (node: number): void => {
    seen.add(node);
    for (const next of node === root ? graph.entries : graph.successors[node]!) if (!seen.has(next)) visit(next);
    out.push(node);
  };
  visit(root);
  return out;
}

function predecessorsIn(graph: BlockGraph, root: number, byOrder: readonly number[]): readonly number[][] {
  const predecessors: number[][] = Array.from({ length: root + 1 }, () => []);
  for (const entry of graph.entries) predecessors[entry]!.push(root);
  for (const node of byOrder)
    if (node !== root) for (const next of graph.successors[node]!) predecessors[next]!.push(node);
  return predecessors;
}

/** Immediate dominators (Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm"). */
function immediateDominators(
  root: number,
  predecessors: readonly (readonly number[])[],
  order: readonly number[],
  byOrder: readonly number[],
): number[] {
  const idom: number[] = new Array<number>(root + 1).fill(-1);
  idom[root] = root;
  const meet = (a: number, b: number): number => {
    let x = a;
    let y = b;
    while (x !== y) {
      while (order[x]! > order[y]!) x = idom[x]!;
      while (order[y]! > order[x]!) y = idom[y]!;
    }
    return x;
  };
  const better = (node: number): boolean => {
    const next = predecessors[node]!.filter((p) => idom[p]! >= 0).reduce(meet);
    if (idom[node] === next) return false;
    idom[node] = next;
    return true;
  };
  const below = byOrder.filter((node) => node !== root);
  // `map` before `includes`: each node is looked at in each round.
  while (below.map(better).includes(true));
  return idom;
}

function dominance(idom: readonly number[], order: readonly number[]): (a: number, b: number) => boolean {
  return (a, b) => {
    let node = b;
    while (order[node]! > order[a]!) node = idom[node]!;
    return node === a;
  };
}

/** What the edges of a graph mean for its layout. */
class Edges {
  readonly forward: number[];
  readonly isLoop: boolean[];
  /** Targets of edges that go back to what does not dominate their source. */
  readonly irreducible = new Set<number>();

  constructor(graph: BlockGraph, order: readonly number[], dominates: (a: number, b: number) => boolean) {
    const root = graph.successors.length;
    this.forward = new Array<number>(root + 1).fill(0);
    this.isLoop = new Array<boolean>(root + 1).fill(false);
    for (const entry of graph.entries) this.forward[entry]! += 2;
    graph.successors.forEach((targets, node) => {
      if (order[node]! < 0) return;
      for (const next of targets) {
        if (order[next]! > order[node]!) this.forward[next]!++;
        else if (dominates(next, node)) this.isLoop[next] = true;
        else this.irreducible.add(next);
      }
    });
  }
}

/** Analyses a graph; targets of edges that go back without dominating their source become entries. */
export function structureOf(graph: BlockGraph): Structure {
  const root = graph.successors.length;
  const byOrder = postorder(graph, root).reverse();
  const order = new Array<number>(root + 1).fill(-1);
  byOrder.forEach((node, at) => {
    order[node] = at;
  });
  const idom = immediateDominators(root, predecessorsIn(graph, root, byOrder), order, byOrder);
  const dominates = dominance(idom, order);
  const { forward, isLoop, irreducible } = new Edges(graph, order, dominates);
  const entries = [...new Set([...graph.entries, ...irreducible])];
  if (entries.length > graph.entries.length) return structureOf({ ...graph, entries });
  const isJoin = forward.map((count) => count > 1);
  const joins = Array.from({ length: root + 1 }, (_, node) =>
    byOrder.filter((child) => child !== root && idom[child] === node && isJoin[child]).reverse(),
  );
  return { root, entries, order, joins, isLoop, isJoin, dominates };
}
