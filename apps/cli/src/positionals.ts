import type { Arguments } from "./arguments.ts";
import { CommandError } from "./command-error.ts";

/** Refuses arguments that a command would otherwise silently ignore. */
export function atMost(given: Arguments, count: number, command: string): void {
  const extra = given.positionals[count];
  if (extra !== undefined) throw new CommandError(`${command}: unexpected argument ${JSON.stringify(extra)}`);
}
