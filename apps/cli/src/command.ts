import type { Arguments } from "./arguments.ts";
import type { Environment } from "./environment.ts";
import type { OptionDef } from "./options.ts";

/** Exit codes of every command but `run`, as diff(1) has them. */
export const EXIT = { same: 0, different: 1, trouble: 2 } as const;

/** One command of hvdiff: what help says about it, and what it does. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Arguments as usage shows them. */
  readonly usage: string;
  readonly options: readonly OptionDef[];
  /** QEMU's flags are understood beside the options. */
  readonly takesQemuFlags?: boolean;
  /** More for its own help: paragraphs. */
  readonly notes?: readonly string[];
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Resolves with the exit code. */
  run(given: Arguments, environment: Environment): Promise<number>;
}
