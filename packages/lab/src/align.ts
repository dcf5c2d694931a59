import type { AlignedKind } from "./results.ts";

/** One row of an alignment: positions in the two sequences, -1 for none. */
export interface AlignedPair {
  readonly kind: AlignedKind;
  readonly left: number;
  readonly right: number;
}

/** Edits beyond which the middle is reported as replaced instead of searched for the best fit. */
const MAX_EDITS = 1500;

/**
 * Aligns two sequences of keys with the fewest insertions and deletions (Myers), then pairs a deletion with the insertion beside it as a
 * change when both are of the same sort.
 * @param sameSort whether two elements that differ are versions of the same thing
 */
export function align(
  left: readonly string[],
  right: readonly string[],
  sameSort: (left: number, right: number) => boolean,
): AlignedPair[] {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  while (
    end < left.length - start &&
    end < right.length - start &&
    left[left.length - 1 - end] === right[right.length - 1 - end]
  )
    end++;
  const pairs: AlignedPair[] = [];
  for (let at = 0; at < start; at++) pairs.push({ kind: "same", left: at, right: at });
  const middle = editScript(left.slice(start, left.length - end), right.slice(start, right.length - end));
  pairs.push(...pairChanges(middle, start, sameSort));
  for (let at = end; at > 0; at--) pairs.push({ kind: "same", left: left.length - at, right: right.length - at });
  return pairs;
}

type Edit = "same" | "delete" | "insert";

/** Myers' greedy algorithm; the furthest-reaching points of every step are kept to walk back. */
function editScript(left: readonly string[], right: readonly string[]): Edit[] {
  const limit = Math.min(left.length + right.length, MAX_EDITS);
  const offset = limit + 1;
  const reach = new Int32Array(2 * limit + 3);
  const history: Int32Array[] = [];
  for (let edits = 0; edits <= limit; edits++) {
    history.push(reach.slice());
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const x = furthest(reach, offset, diagonal, edits, left, right);
      if (x >= left.length && x - diagonal >= right.length)
        return walkBack(history, offset, left.length, right.length, edits);
    }
  }
  return [...left.map((): Edit => "delete"), ...right.map((): Edit => "insert")];
}

function furthest(
  reach: Int32Array,
  offset: number,
  diagonal: number,
  edits: number,
  left: readonly string[],
  right: readonly string[],
): number {
  const down =
    diagonal === -edits || (diagonal !== edits && reach[offset + diagonal - 1]! < reach[offset + diagonal + 1]!);
  let x = down ? reach[offset + diagonal + 1]! : reach[offset + diagonal - 1]! + 1;
  while (x < left.length && x - diagonal < right.length && left[x] === right[x - diagonal]) x++;
  reach[offset + diagonal] = x;
  return x;
}

function walkBack(
  history: readonly Int32Array[],
  offset: number,
  endX: number,
  endY: number,
  lastEdit: number,
): Edit[] {
  const script: Edit[] = [];
  let x = endX;
  let y = endY;
  for (let edits = lastEdit; edits > 0; edits--) {
    const reach = history[edits]!;
    const diagonal = x - y;
    const down =
      diagonal === -edits || (diagonal !== edits && reach[offset + diagonal - 1]! < reach[offset + diagonal + 1]!);
    const previous = down ? diagonal + 1 : diagonal - 1;
    const fromX = reach[offset + previous]!;
    const fromY = fromX - previous;
    const startX = down ? fromX : fromX + 1;
    for (; x > startX; x--, y--) script.push("same");
    script.push(down ? "insert" : "delete");
    x = fromX;
    y = fromY;
  }
  for (; x > 0; x--) script.push("same");
  return script.reverse();
}

/** Turns a run of deletions followed by insertions (or the other way) into changes where the elements are of one sort. */
function pairChanges(
  script: readonly Edit[],
  start: number,
  sameSort: (left: number, right: number) => boolean,
): AlignedPair[] {
  const pairs: AlignedPair[] = [];
  let left = start;
  let right = start;
  let at = 0;
  while (at < script.length) {
    if (script[at] === "same") {
      pairs.push({ kind: "same", left: left++, right: right++ });
      at++;
      continue;
    }
    const run = runLength(script, at);
    pairs.push(...pairRun(left, left + run.deletes, right, right + run.inserts, sameSort));
    left += run.deletes;
    right += run.inserts;
    at += run.deletes + run.inserts;
  }
  return pairs;
}

function runLength(script: readonly Edit[], from: number): { deletes: number; inserts: number } {
  let deletes = 0;
  let inserts = 0;
  for (let at = from; at < script.length && script[at] !== "same"; at++) {
    if (script[at] === "delete") deletes++;
    else inserts++;
  }
  return { deletes, inserts };
}

function pairRun(
  left: number,
  leftEnd: number,
  right: number,
  rightEnd: number,
  sameSort: (left: number, right: number) => boolean,
): AlignedPair[] {
  const pairs: AlignedPair[] = [];
  let r = right;
  for (let l = left; l < leftEnd; l++) {
    let partner = r;
    while (partner < rightEnd && !sameSort(l, partner)) partner++;
    if (partner === rightEnd) {
      pairs.push({ kind: "only-left", left: l, right: -1 });
      continue;
    }
    for (; r < partner; r++) pairs.push({ kind: "only-right", left: -1, right: r });
    pairs.push({ kind: "changed", left: l, right: r++ });
  }
  for (; r < rightEnd; r++) pairs.push({ kind: "only-right", left: -1, right: r });
  return pairs;
}
