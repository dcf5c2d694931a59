import type { Lab } from "@hvdiff/lab";
import { answer, type LabRequest } from "./lab-request.ts";

/** Somewhere a lab answers, in this thread or another; answers are JSON text. */
export interface LabClient {
  call(request: LabRequest): Promise<string>;
  close(): Promise<void>;
}

/** A lab in this thread: simple, but while it computes nothing else is served. */
export function inProcess(lab: Lab): LabClient {
  return {
    call: async (request) => JSON.stringify(answer(lab, request)),
    close: async () => {},
  };
}
