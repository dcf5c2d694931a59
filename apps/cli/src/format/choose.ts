import type { Arguments } from "../arguments.ts";
import { lastValue } from "../arguments.ts";

/** One renderer per value of `--format`; only the chosen one runs. */
export interface Renderers {
  readonly table: () => string;
  readonly json: () => string;
  readonly jsonl: () => string;
  readonly md: () => string;
}

/** The result as the user asked for it. */
export function render(given: Arguments, renderers: Renderers): string {
  const format = (lastValue(given, "format") ?? "table") as keyof Renderers;
  return renderers[format]();
}
