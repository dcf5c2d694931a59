import type { Lab } from "@hvdiff/lab";
import { type Arguments, listValues } from "./arguments.ts";
import { CommandError } from "./command-error.ts";

/** Columns named by `--on`; none where the user leaves the choice to the lab. */
export function askedColumns(given: Arguments): readonly string[] {
  const asked = listValues(given, "on");
  if (asked.length === 1)
    throw new CommandError(`--on: one column has nothing to be compared with; write --on metal,${asked[0]}`);
  return asked;
}

/** What was asked for, or the lab's default. */
export function orDefault(asked: readonly string[], lab: Lab): readonly string[] {
  return asked.length === 0 ? lab.defaultColumns() : asked;
}
