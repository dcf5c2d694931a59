import type { DiffResult, MatrixResult } from "./results.ts";

/** Compares a column with the first, elsewhere. */
export interface PairHelper {
  diff(columns: readonly string[]): Promise<DiffResult>;
  matrixRow(scenario: string, columns: readonly string[]): Promise<MatrixResult>;
}

/** The columns that go together: each with the first, which is alone where there is no other. */
export function pairsOf(columns: readonly string[]): readonly (readonly string[])[] {
  const [first, ...others] = columns;
  return others.length === 0 ? [columns] : others.map((column) => [first!, column]);
}

/** Has each job done by who is free, and gives the results in the order of the jobs. */
export async function shared<Job, Helper, Result>(
  jobs: readonly Job[],
  helpers: readonly Helper[],
  work: (helper: Helper, job: Job) => Promise<Result>,
  progress: (done: number, all: number) => void,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  let done = 0;
  const serve = async (helper: Helper): Promise<void> => {
    while (next < jobs.length) {
      const at = next++;
      results[at] = await work(helper, jobs[at]!);
      progress(++done, jobs.length);
    }
  };
  await Promise.all(helpers.map(serve));
  return results;
}

/** Columns that were each compared with the first apart, as if they had been compared together. */
export function joinDiffs(pairs: readonly DiffResult[]): DiffResult {
  return {
    ...pairs[0]!,
    columns: [pairs[0]!.columns[0]!, ...pairs.flatMap(({ columns }) => columns.slice(1))],
    verdicts: [...new Set(pairs.flatMap(({ verdicts }) => verdicts))],
    different: pairs.some(({ different }) => different),
  };
}

/** A scenario's cells that were made apart. */
export function joinCells(pairs: readonly MatrixResult[]): MatrixResult {
  const first = pairs[0]!;
  const others = pairs.flatMap(({ rows }) => rows[0]!.cells.slice(1));
  return {
    ...first,
    columns: [first.columns[0]!, ...pairs.flatMap(({ columns }) => columns.slice(1))],
    rows: [{ ...first.rows[0]!, cells: [first.rows[0]!.cells[0]!, ...others] }],
  };
}

/** Matrices of one scenario each, below each other. A row names its silicon where that is not the first one's. */
export function joinRows(matrices: readonly MatrixResult[]): MatrixResult {
  const { cpu } = matrices[0]!;
  const rows = matrices.flatMap((matrix) =>
    matrix.rows.map((row) => (matrix.cpu === cpu ? row : { ...row, cpu: matrix.cpu })),
  );
  return { ...matrices[0]!, rows };
}
