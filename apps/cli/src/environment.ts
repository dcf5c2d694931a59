import { writeSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { EngineChoice, Lab } from "@hvdiff/lab";
import { type LabThread, startThreads } from "./threads/lab-thread.ts";
import type { ThreadSetting } from "./threads/thread-job.ts";

/** A started dashboard. */
export interface Server {
  readonly url: string;
  close(): Promise<void> | void;
}

/** The outside world, so that tests can stand in for it. */
export interface Environment {
  readonly stdout: (text: string) => void;
  /** Bytes that shall be seen at once, while a run goes on. */
  readonly stdoutNow: (bytes: Uint8Array) => void;
  readonly stderr: (text: string) => void;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Cells per line of the terminal on stdout; null where stdout is not a terminal. */
  readonly terminalWidth: number | null;
  readonly stderrIsTerminal: boolean;
  readonly createLab: (engine?: EngineChoice) => Promise<Lab>;
  readonly startServer: (options: {
    readonly port: number;
    readonly host: string;
    readonly dataDirectory?: string;
  }) => Promise<Server>;
  /** Writes the dashboard as a site for any file server. */
  readonly exportSite: (options: {
    readonly directory: string;
    readonly progress: (address: string) => void;
  }) => Promise<void>;
  /** Processor cores. */
  readonly cores: number;
  /** Labs on other cores, as many as asked for, or none. */
  readonly startThreads: (setting: ThreadSetting, count: number) => readonly LabThread[];
  /** Resolves when the user asks to stop. */
  readonly untilInterrupted: () => Promise<void>;
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

/** How long to wait for a reader that is slower than the guest. */
const RETRY_MILLISECONDS = 2;

/** Writes without an event loop turn, which a run does not give. A reader that is gone ends the run. */
function writeNow(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(file, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") process.exit(0);
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MILLISECONDS);
    }
  }
}

/** The real process. The lab and the dashboard are loaded when first needed. */
export function processEnvironment(): Environment {
  return {
    stdout: (text) => {
      process.stdout.write(text);
    },
    stdoutNow: (bytes) => writeNow(process.stdout.fd, bytes),
    stderr: (text) => {
      process.stderr.write(text);
    },
    variables: process.env,
    terminalWidth: process.stdout.isTTY ? (process.stdout.columns ?? 80) : null,
    stderrIsTerminal: process.stderr.isTTY === true,
    createLab: async (engine) => (await import("@hvdiff/lab")).createLab(engine === undefined ? {} : { engine }),
    exportSite: async (options) => (await import("@hvdiff/dashboard")).exportSite(options),
    startServer: async (options) => (await import("@hvdiff/dashboard")).startServer(options),
    cores: availableParallelism(),
    startThreads,
    untilInterrupted,
  };
}
