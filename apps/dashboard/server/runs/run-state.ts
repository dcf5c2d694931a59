import type { DiffResult } from "@hvdiff/lab";
import type { RunRequest } from "./run-request.ts";

/** How far a run is. */
export interface RunState {
  readonly id: string;
  readonly request: RunRequest;
  readonly status: "queued" | "running" | "done" | "failed";
  /** Columns finished, of how many; 0 of 0 until the columns are known. */
  readonly done: number;
  readonly total: number;
  /** Why it failed. */
  readonly error: string | null;
}

/** A run's state as it was kept; null for what is none. */
export function readState(data: Buffer | null): RunState | null {
  if (data === null) return null;
  try {
    const state = JSON.parse(data.toString("utf8")) as RunState;
    return typeof state.id === "string" && typeof state.status === "string" ? state : null;
  } catch {
    return null;
  }
}

/** Comparisons of single columns with the same reference as one comparison. */
export function joined(parts: readonly DiffResult[]): DiffResult {
  const first = parts[0]!;
  const columns = parts.flatMap((part, index) => (index === 0 ? part.columns : part.columns.slice(1)));
  return {
    ...first,
    columns,
    verdicts: [...new Set(parts.flatMap(({ verdicts }) => verdicts))],
    different: parts.some(({ different }) => different),
  };
}
