import { setTimeout as after, setImmediate as nextTurn } from "node:timers/promises";
import type { PartResult, SearchHelpers } from "@hvdiff/lab";
import type { LabThread } from "./lab-thread.ts";

/** A search that is over by then is not worth a thread. */
const ALONE_MILLISECONDS = 700;

/** Threads that search parts of a column's schedules. */
export function searchHelpersOn(threads: readonly LabThread[], column: string): SearchHelpers {
  const ready = after(ALONE_MILLISECONDS, undefined, { ref: false });
  return {
    others: threads.map((thread) => ({
      ready,
      search: (part) => thread.ask<PartResult>({ kind: "search", column, part }),
    })),
    pause: () => nextTurn(),
  };
}
