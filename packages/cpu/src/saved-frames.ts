const PAGE = 4096;

/** Frames in use, as they were. */
export interface SavedFrames {
  readonly bytes: Uint8Array;
  /** Their numbers, in the order in which they were taken. */
  readonly taken: readonly number[];
}

/**
 * Makes frames lie where they lay: the run that is left may have taken the same ones in another order.
 * @param taken numbers of frames in the order in which they were taken
 * @param offsets where each lies
 */
export function restoreTaken(
  taken: number[],
  offsets: Map<number, number>,
  saved: { readonly taken: readonly number[]; readonly first: number },
): void {
  let same = 0;
  while (same < saved.taken.length && taken[same] === saved.taken[same]) same++;
  for (let at = same; at < taken.length; at++) offsets.delete(taken[at]!);
  taken.length = same;
  for (let at = same; at < saved.taken.length; at++) {
    taken.push(saved.taken[at]!);
    offsets.set(saved.taken[at]!, saved.first + at * PAGE);
  }
}
