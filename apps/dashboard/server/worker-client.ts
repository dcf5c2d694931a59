import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { createLab, UsageError } from "@hvdiff/lab";
import { inProcess, type LabClient } from "./lab-client.ts";
import type { LabRequest } from "./lab-request.ts";
import type { WorkerReply } from "./lab-worker.ts";

interface Waiting {
  resolve(text: string): void;
  reject(error: Error): void;
}

/** hvdiff's own lab: in worker threads from the built package, in this thread when the source is run as it is. */
export function defaultClient(): LabClient {
  const path = fileURLToPath(new URL("./lab-worker.js", import.meta.url));
  return existsSync(path) ? shared([inWorker(path), inWorker(path)]) : inProcess(createLab());
}

/** Several clients as one: each question goes to the one with the fewest waiting, so that a short one need not queue behind a long one. */
export function shared(clients: readonly LabClient[]): LabClient {
  const busy = clients.map((client) => ({ client, waiting: 0 }));
  return {
    async call(request) {
      const least = busy.reduce((best, other) => (other.waiting < best.waiting ? other : best));
      least.waiting += 1;
      try {
        return await least.client.call(request);
      } finally {
        least.waiting -= 1;
      }
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/** A lab in a worker thread of its own, started with the first question and again after a crash. */
export function inWorker(path: string): LabClient {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let last = 0;

  function fail(reason: string): void {
    worker = null;
    for (const { reject } of waiting.values()) reject(new Error(reason));
    waiting.clear();
  }

  function start(): Worker {
    const started = new Worker(path);
    started.on("message", (reply: WorkerReply) => {
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ("text" in reply) asked?.resolve(reply.text);
      else asked?.reject(reply.isUsageError ? new UsageError(reply.message) : new Error(reply.message));
    });
    started.on("error", (error) => fail(`the lab's thread failed: ${error.message}`));
    started.on("exit", (code) => fail(`the lab's thread ended with code ${code}`));
    return started;
  }

  return {
    call: (request: LabRequest) =>
      new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        worker ??= start();
        worker.postMessage({ id: last, request });
      }),
    close: async () => {
      await worker?.terminate();
    },
  };
}
