import type { Folder } from "../store/folder.ts";
import { type RunState, readState } from "./run-state.ts";

/** What runs were asked for and how far they are: in memory for those who ask, in the folder for the server's next life. */
export interface KeptRuns {
  of(id: string): RunState | null;
  keep(state: RunState): void;
  /** Longest ago first. */
  readonly all: readonly RunState[];
}

/** Reads what the folder has. */
export function keptRuns(folder: Folder): KeptRuns {
  const states = new Map<string, RunState>();
  for (const id of folder.names) {
    const state = readState(folder.read(id));
    if (state !== null) states.set(id, state);
  }
  return {
    of: (id) => states.get(id) ?? null,
    keep(state) {
      states.delete(state.id);
      states.set(state.id, state);
      folder.write(state.id, JSON.stringify(state));
      // Beyond its limit the folder forgets what was used longest ago.
      for (const id of states.keys()) if (folder.sizeOf(id) === null) states.delete(id);
    },
    get all() {
      return [...states.values()];
    },
  };
}
