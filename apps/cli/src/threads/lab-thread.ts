import { Worker } from "node:worker_threads";
import type { ThreadJob, ThreadReply, ThreadSetting } from "./thread-job.ts";

/** Built, this module is in a chunk that lies beside dist/threads/. */
const WORKER = new URL("../threads/lab-thread-worker.js", import.meta.url);

/** A lab on a core of its own, until it is let go. Does one job at a time. */
export interface LabThread {
  /** Errors: the lab's, by name. */
  ask<Result>(job: ThreadJob): Promise<Result>;
  end(): Promise<void>;
}

class WorkerThread implements LabThread {
  private worker: Worker | null = null;
  private readonly setting: ThreadSetting;

  constructor(setting: ThreadSetting) {
    this.setting = setting;
  }

  ask<Result>(job: ThreadJob): Promise<Result> {
    this.worker ??= new Worker(WORKER, { workerData: this.setting });
    const { worker } = this;
    return new Promise((resolve, reject) => {
      worker.once("message", (reply: ThreadReply) => {
        worker.off("error", reject);
        if ("result" in reply) resolve(reply.result as Result);
        else reject(Object.assign(new Error(reply.error.message), { name: reply.error.name }));
      });
      worker.once("error", reject);
      worker.postMessage(job);
    });
  }

  async end(): Promise<void> {
    await this.worker?.terminate();
  }
}

/** Threads beside this one, where the command is built: each starts when it is first asked. None where the source is run as it is. */
export function startThreads(setting: ThreadSetting, count: number): readonly LabThread[] {
  const isBuilt = import.meta.url.endsWith(".js");
  return isBuilt ? Array.from({ length: count }, () => new WorkerThread(setting)) : [];
}
