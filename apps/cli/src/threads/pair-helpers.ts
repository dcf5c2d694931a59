import type { DiffResult, MatrixResult, PairHelper } from "@hvdiff/lab";
import type { Environment } from "../environment.ts";
import type { LabThread } from "./lab-thread.ts";
import { onThreads } from "./on-threads.ts";
import type { ThreadSetting } from "./thread-job.ts";

function helperOn(thread: LabThread): PairHelper {
  return {
    diff: (columns) => thread.ask<DiffResult>({ kind: "diff", columns }),
    matrixRow: (scenario, columns) => thread.ask<MatrixResult>({ kind: "matrix-row", scenario, columns }),
  };
}

/** Compares on several cores where there are several and enough to do for them; else alone. */
export function compareTogether<Result>(
  environment: Environment,
  setting: ThreadSetting,
  cores: number,
  ways: { readonly alone: () => Result; readonly together: (helpers: readonly PairHelper[]) => Promise<Result> },
): Promise<Result> {
  return onThreads(environment, setting, cores < 2 ? 0 : cores, async (threads) =>
    threads.length === 0 ? ways.alone() : ways.together(threads.map(helperOn)),
  );
}
