import { parentPort, workerData } from "node:worker_threads";
import type { PartResult, SearchPart } from "@hvdiff/lab";
import type { ThreadJob, ThreadReply, ThreadSetting } from "./thread-job.ts";

const { engine, options, guest } = workerData as ThreadSetting;
const { createLab } = await import("@hvdiff/lab");
const lab = createLab(engine === undefined ? {} : { engine });
/** The search of the column that is searched. */
let search: ((part: SearchPart) => PartResult) | null = null;

function resultOf(job: ThreadJob): unknown {
  switch (job.kind) {
    case "search":
      search ??= lab.searchParts(guest!, job.column, options);
      return search(job.part);
    case "diff":
      return lab.diff(guest!, job.columns, options);
    case "matrix-row":
      return lab.matrixRow(job.scenario, job.columns, options);
  }
}

function answer(job: ThreadJob): ThreadReply {
  try {
    return { result: resultOf(job) };
  } catch (error) {
    if (!(error instanceof Error)) return { error: { name: "Error", message: String(error) } };
    const { name, message, stack } = error;
    return { error: { name, message: name === "UsageError" ? message : (stack ?? message) } };
  }
}

parentPort!.on("message", (job: ThreadJob) => parentPort!.postMessage(answer(job)));
