import { parentPort } from "node:worker_threads";
import { createLab, UsageError } from "@hvdiff/lab";
import { answer, type LabRequest } from "./lab-request.ts";

/** What the worker posts back: the answer as JSON text, or an error. */
export type WorkerReply =
  | { readonly id: number; readonly text: string }
  | { readonly id: number; readonly message: string; readonly isUsageError: boolean };

const lab = createLab();

parentPort?.on("message", ({ id, request }: { id: number; request: LabRequest }) => {
  parentPort?.postMessage(replyTo(id, request));
});

function replyTo(id: number, request: LabRequest): WorkerReply {
  try {
    return { id, text: JSON.stringify(answer(lab, request)) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, message, isUsageError: error instanceof UsageError };
  }
}
