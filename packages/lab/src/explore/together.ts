import { type PartResult, partsOf, type SearchPart } from "./parts.ts";

/** One who searches parts apart from this search, elsewhere. */
export interface SearchHelper {
  /** From when on it can: who is done before does not wait for it. */
  readonly ready: Promise<unknown>;
  search(part: SearchPart): Promise<PartResult>;
}

/** Who takes part in a search. */
export interface SearchHelpers {
  readonly others: readonly SearchHelper[];
  /** Called before each part that is searched here, so that answers of the others can come in. */
  pause(): Promise<void>;
}

type Answer = (part: SearchPart) => Promise<PartResult>;

/**
 * Searches all parts of one depth, up to the first one with a schedule that breaks the property. Parts are begun in their order, so all before it are
 * searched, by whom ever.
 * @returns the results up to there
 */
export async function searchDepth(
  depth: number,
  own: Answer,
  others: readonly SearchHelper[],
  progress: (counts: { tried: number; merged: number }) => void,
): Promise<readonly PartResult[]> {
  const results: (PartResult | undefined)[] = [];
  const done = { tried: 0, merged: 0 };
  let next = 0;
  let end = partsOf(depth);
  await new Promise<void>((resolve, reject) => {
    const note = (part: number, result: PartResult) => {
      results[part] = result;
      done.tried += result.tried;
      done.merged += result.merged;
      progress(done);
      if (result.found !== null) end = Math.min(end, part + 1);
      if (Array.from({ length: end }, (_, at) => results[at]).every((known) => known !== undefined)) resolve();
    };
    const serve = async (answer: Answer) => {
      while (next < end) {
        const part = next++;
        note(part, await answer({ depth, part }));
      }
    };
    serve(own).catch(reject);
    for (const { ready, search } of others) ready.then(() => serve(search)).catch(reject);
  });
  return results.slice(0, end) as PartResult[];
}
