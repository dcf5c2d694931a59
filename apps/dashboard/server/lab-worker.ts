import { constants, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { createLab, UsageError } from "@hvdiff/lab";
import { answer, type LabRequest } from "../questions/lab-request.ts";

/** What the worker is posted. */
export interface WorkerQuestion {
  readonly id: number;
  readonly request: LabRequest;
  readonly image: Uint8Array | undefined;
}

/** What the worker posts back: the answer as JSON text in UTF-8, or an error. */
export type WorkerReply =
  | { readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly message: string; readonly isUsageError: boolean };

const lab = createLab();

// Those who read come first. Elsewhere than on Linux this would slow down the whole process.
if (process.platform === "linux") setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);

parentPort?.on("message", (question: WorkerQuestion) => {
  const reply = replyTo(question);
  parentPort?.postMessage(reply, "bytes" in reply ? [reply.bytes.buffer] : []);
});

function replyTo({ id, request, image }: WorkerQuestion): WorkerReply {
  try {
    return { id, bytes: new TextEncoder().encode(JSON.stringify(answer(lab, request, image))) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, message, isUsageError: error instanceof UsageError };
  }
}
