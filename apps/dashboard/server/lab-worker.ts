import { parentPort } from "node:worker_threads";
import { createLab, UsageError } from "@hvdiff/lab";
import { answer, type LabRequest } from "../questions/lab-request.ts";

/** What the worker is posted. */
export interface WorkerQuestion {
  readonly id: number;
  readonly request: LabRequest;
  readonly image: Uint8Array | undefined;
}

/** What the worker posts back: the answer as JSON text, or an error. */
export type WorkerReply =
  | { readonly id: number; readonly text: string }
  | { readonly id: number; readonly message: string; readonly isUsageError: boolean };

const lab = createLab();

parentPort?.on("message", (question: WorkerQuestion) => {
  parentPort?.postMessage(replyTo(question));
});

function replyTo({ id, request, image }: WorkerQuestion): WorkerReply {
  try {
    return { id, text: JSON.stringify(answer(lab, request, image)) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, message, isUsageError: error instanceof UsageError };
  }
}
