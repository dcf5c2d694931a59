import type { EngineChoice, ExploreOptions, Guest, RunOptions, SearchPart } from "@hvdiff/lab";

/** What a thread is started with: it does jobs of one guest, or of no one guest. */
export interface ThreadSetting {
  readonly engine: EngineChoice | undefined;
  readonly options: RunOptions | ExploreOptions;
  readonly guest: Guest | null;
}

/** What a thread is asked for. */
export type ThreadJob =
  | { readonly kind: "search"; readonly column: string; readonly part: SearchPart }
  | { readonly kind: "diff"; readonly columns: readonly string[] }
  | { readonly kind: "matrix-row"; readonly scenario: string; readonly columns: readonly string[] };

/** What it answers: what the lab gave, or an error's name and words. */
export type ThreadReply = { readonly result: unknown } | { readonly error: { name: string; message: string } };
