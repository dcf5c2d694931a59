import type { DebugSession, DiffResult } from "@hvdiff/lab";
import { type Arguments, hasFlag, lastValue } from "../arguments.ts";
import { CommandError } from "../command-error.ts";
import type { Environment } from "../environment.ts";
import { parsePort } from "../quantities.ts";
import { serveGdb } from "./gdb-server.ts";

/** The port that GDB is to connect to; null where it is not asked for. Errors: `CommandError`. */
export function gdbPortOf(given: Arguments): number | null {
  const port = lastValue(given, "gdb");
  if (port !== undefined) return parsePort(port, "gdb");
  if (hasFlag(given, "stopped")) throw new CommandError("--stopped without --gdb: nobody could let the guest go");
  return null;
}

/** Runs a guest to its end with GDB looking on. Null when GDB has killed it. */
export async function runUnderGdb(
  session: DebugSession,
  { port, stopped }: { readonly port: number; readonly stopped: boolean },
  environment: Environment,
): Promise<DiffResult | null> {
  const ended = await serveGdb(session.target, {
    port,
    stopped,
    onListening: (address) => {
      const state = stopped ? "the guest stands still until" : "the guest runs;";
      environment.stderr(`${state} GDB connects: target remote ${address}\n`);
    },
    onProgress: session.tell,
  });
  session.tell();
  return ended ? session.result() : null;
}
