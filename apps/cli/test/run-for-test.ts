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
export async function runForTest(
  argv: readonly string[],
  changes: Partial<Environment> = {},
  run: typeof runCli = runCli,
): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  const code = await run(argv, {
    stdout: (text) => {
      stdout += text;
    },
    stdoutNow: (bytes) => {
      stdout += Buffer.from(bytes).toString("latin1");
    },
    stderr: (text) => {
      stderr += text;
    },
    variables: {},
    terminalWidth: null,
    stderrIsTerminal: false,
    createLab: async () => createFakeLab(),
    exportSite: async () => {},
    cores: 1,
    startThreads: () => [],
    startServer: async ({ port, host }) => ({ url: `http://${host}:${port}/`, close: () => {} }),
    untilInterrupted: async () => {},
    ...changes,
  });
  return { code, stdout, stderr };
}
