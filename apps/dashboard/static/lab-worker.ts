import { createLab } from "@hvdiff/lab";
import { answer } from "../questions/lab-request.ts";
import { requestAt } from "../questions/request-at.ts";

/** What a saved page asks its lab: an address of the API, or the text of a dump. */
export interface SavedQuestion {
  readonly id: number;
  readonly address: string;
  readonly text?: string;
}

export type SavedReply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string };

const lab = createLab();

function replyTo({ id, address, text }: SavedQuestion): SavedReply {
  try {
    if (text === undefined) return { id, answer: answer(lab, requestAt(address)) };
    const column = new URLSearchParams(address.split("?")[1] ?? "").get("on");
    return { id, answer: answer(lab, { method: "dump", text, column, options: {} }) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

self.addEventListener("message", ({ data }: MessageEvent<SavedQuestion>) => self.postMessage(replyTo(data)));
