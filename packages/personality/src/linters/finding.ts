import type { Personality } from "../personality.ts";

/** One thing wrong with a personality's data. */
export interface Finding {
  readonly linter: string;
  /** Quirk or product it is about. */
  readonly subject: string;
  readonly message: string;
}

/** Looks over one personality, given all. */
export type Linter = (personality: Personality, all: readonly Personality[]) => Finding[];
