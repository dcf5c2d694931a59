import type { Arguments } from "../arguments.ts";
import { lastValue } from "../arguments.ts";

/** One renderer per value of `--format`; only the chosen one runs. */
export interface Renderers {
  readonly table: () => string;
  readonly json: () => string;
  readonly jsonl: () => string;
  readonly md: () => string;
  readonly tap?: () => string;
  readonly junit?: () => string;
}

/** The result as the user asked for it. */
export function render(given: Arguments, renderers: Renderers): string {
  const format = (lastValue(given, "format") ?? "table") as keyof Renderers;
  // A command without tests does not take these values.
  return renderers[format]!();
}
