import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { createLab, UsageError } from "@hvdiff/lab";
import { ApiError } from "../questions/api-error.ts";
import type { LabRequest } from "../questions/lab-request.ts";
import { inProcess, type LabClient } from "./lab-client.ts";
import type { WorkerQuestion, WorkerReply } from "./lab-worker.ts";

/** What one question may cost. */
export interface WorkerLimits {
  readonly milliseconds: number;
  readonly megabytes: number;
}

const LIMITS: WorkerLimits = { milliseconds: 300_000, megabytes: 3072 };

interface Waiting {
  readonly request: LabRequest;
  readonly image: Uint8Array | undefined;
  resolve(bytes: Buffer): void;
  reject(error: Error): void;
}

/**
 * hvdiff's own lab: in worker threads from the built package, in this thread when the source is run as it is. There is one more than runs are computed
 * at once, so that questions need not wait for runs.
 */
export function defaultClient(): LabClient {
  const path = fileURLToPath(new URL("./lab-worker.js", import.meta.url));
  return existsSync(path) ? shared([inWorker(path), inWorker(path), inWorker(path)]) : inProcess(createLab());
}

/** Several clients as one: each question goes to the one with the fewest waiting, so that a short one need not queue behind a long one. */
export function shared(clients: readonly LabClient[]): LabClient {
  const busy = clients.map((client) => ({ client, waiting: 0 }));
  return {
    async call(request, image) {
      const least = busy.reduce((best, other) => (other.waiting < best.waiting ? other : best));
      least.waiting += 1;
      try {
        return await least.client.call(request, image);
      } finally {
        least.waiting -= 1;
      }
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/**
 * A lab in a worker thread of its own, started with the first question. It answers one question at a time; one that crashes the thread or takes
 * too long fails alone, and the next one gets a new thread.
 */
export function inWorker(path: string, limits: WorkerLimits = LIMITS): LabClient {
  const line: Waiting[] = [];
  let worker: Worker | null = null;
  let current: Waiting | null = null;
  let timer: NodeJS.Timeout | undefined;

  function settle(finish: (asked: Waiting) => void): void {
    clearTimeout(timer);
    const asked = current;
    current = null;
    if (asked !== null) finish(asked);
    next();
  }

  function fail(from: Worker, error: Error): void {
    if (from !== worker) return;
    worker = null;
    settle((asked) => asked.reject(error));
  }

  function start(): Worker {
    const started = new Worker(path, { resourceLimits: { maxOldGenerationSizeMb: limits.megabytes } });
    started.on("message", (reply: WorkerReply) => {
      // One that was stopped may have answered just before: that is not the next question's answer.
      if (started === worker) settle((asked) => tell(asked, reply));
    });
    started.on("error", (error) => fail(started, new Error(`the lab's thread failed: ${error.message}`)));
    started.on("exit", (code) => fail(started, new Error(`the lab's thread ended with code ${code}`)));
    return started;
  }

  function stopLate(): void {
    const late = worker;
    worker = null;
    void late?.terminate();
    settle((asked) => asked.reject(tooLong(limits)));
  }

  function next(): void {
    const asked = current === null ? line.shift() : undefined;
    if (asked === undefined) return;
    current = asked;
    worker ??= start();
    timer = setTimeout(stopLate, limits.milliseconds).unref();
    worker.postMessage({ id: 0, request: asked.request, image: asked.image } satisfies WorkerQuestion);
  }

  return {
    call: (request, image) =>
      new Promise((resolve, reject) => {
        line.push({ request, image, resolve, reject });
        next();
      }),
    close: async () => {
      const last = worker;
      worker = null;
      clearTimeout(timer);
      await last?.terminate();
    },
  };
}

function tell(asked: Waiting, reply: WorkerReply): void {
  if ("bytes" in reply) asked.resolve(bufferOf(reply.bytes));
  else asked.reject(errorOf(reply));
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function tooLong({ milliseconds }: WorkerLimits): Error {
  return new ApiError(422, `the run took more than ${milliseconds / 1000} s and was stopped`);
}

function errorOf(reply: { readonly message: string; readonly isUsageError: boolean }): Error {
  return reply.isUsageError ? new UsageError(reply.message) : new Error(reply.message);
}
