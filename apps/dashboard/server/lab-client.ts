import type { Lab } from "@hvdiff/lab";
import { answer, type LabRequest } from "../questions/lab-request.ts";

/** Somewhere a lab answers, in this thread or another; answers are JSON text in UTF-8, encoded where they are made. A request about an uploaded guest comes with its image. */
export interface LabClient {
  call(request: LabRequest, image?: Uint8Array): Promise<Buffer>;
  close(): Promise<void>;
}

/** A lab in this thread: simple, but while it computes nothing else is served. */
export function inProcess(lab: Lab): LabClient {
  return {
    call: async (request, image) => Buffer.from(JSON.stringify(answer(lab, request, image))),
    close: async () => {},
  };
}
