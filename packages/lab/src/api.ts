import type { CapsResult, CompareResult, DiffResult, MatrixResult, QuirkResult, ScenarioResult } from "./results.ts";

/** Options that decide what is run; every one is part of the run id. */
export interface RunOptions {
  /** Silicon model id; default "skylake-client". */
  readonly cpu?: string;
  readonly firmware?: "none" | "seabios" | "ovmf";
  /** Guest RAM in bytes; default 64 MiB. */
  readonly memory?: number;
  readonly commandLine?: string;
  /** Bound on guest instructions. */
  readonly maxInstructions?: number;
  /** Quirks switched by hand: "+id" on, "-id" off. */
  readonly quirks?: readonly string[];
}

/** A guest to run: a bundled scenario by id, or an image. */
export type Guest = { readonly scenario: string } | { readonly name: string; readonly image: Uint8Array };

/** What the lab offers. `createLab()` returns one; all methods are synchronous and deterministic. Errors: `UsageError` with one clear line. */
export interface Lab {
  diff(guest: Guest, columns: readonly string[], options?: RunOptions): DiffResult;
  compare(guest: Guest, left: string, right: string, options?: RunOptions): CompareResult;
  matrix(columns: readonly string[], options?: RunOptions): MatrixResult;
  /** The matrix of one scenario. */
  matrixRow(scenario: string, columns: readonly string[], options?: RunOptions): MatrixResult;
  caps(columns: readonly string[], options?: RunOptions): CapsResult;
  /** All quirks, or those active in a column. */
  quirks(column?: string, options?: RunOptions): readonly QuirkResult[];
  scenarios(): readonly ScenarioResult[];
  /** Silicon models: id and title. */
  cpus(): readonly { readonly id: string; readonly title: string; readonly source: string }[];
  /** Columns shown when the user names none, metal first. */
  defaultColumns(): readonly string[];
}

/** Bad input of the user: unknown names, images that cannot be loaded. The message is one line that says what and where. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
