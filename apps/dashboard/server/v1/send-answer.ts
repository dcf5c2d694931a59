import { createHash } from "node:crypto";
import type { Response } from "express";

/** Of answers that are kept: each is hashed once. */
const tags = new WeakMap<Buffer, string>();

function tagOf(answer: Buffer): string {
  const known = tags.get(answer);
  if (known !== undefined) return known;
  const tag = `"${createHash("sha1").update(answer).digest("base64url")}"`;
  tags.set(answer, tag);
  return tag;
}

/** Sends an answer of the lab as it is, or says that the reader has it already. */
export function sendAnswer(response: Response, answer: Buffer): void {
  response
    .set({ "Cache-Control": "no-cache", ETag: tagOf(answer) })
    .type("json")
    .send(answer);
}
