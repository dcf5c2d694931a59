import { runCli } from "../src/cli.ts";
import type { Environment } from "../src/environment.ts";
import { createFakeLab } from "./fake-lab.ts";

/** What a command line did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line against the fake lab, 100 cells wide, no colour. */
export async function runForTest(argv: readonly string[], changes: Partial<Environment> = {}): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  const code = await runCli(argv, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    variables: {},
    terminalWidth: null,
    stderrIsTerminal: false,
    createLab: async () => createFakeLab(),
    startServer: async ({ port, host }) => ({ url: `http://${host}:${port}/`, close: () => {} }),
    untilInterrupted: async () => {},
    ...changes,
  });
  return { code, stdout, stderr };
}
