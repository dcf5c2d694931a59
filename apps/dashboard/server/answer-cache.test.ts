import { expect, test } from "vitest";
import type { LabRequest } from "../questions/lab-request.ts";
import { withCache } from "./answer-cache.ts";

function counting(answer: (request: LabRequest) => string) {
  const asked: string[] = [];
  const client = {
    call: async (request: LabRequest) => {
      asked.push("column" in request ? String(request.column) : request.method);
      return Buffer.from(answer(request));
    },
    close: async () => {},
  };
  return { asked, client };
}

function quirksOf(column: string): LabRequest {
  return { method: "quirks", column };
}

async function askAll(cache: { call(request: LabRequest): Promise<Buffer> }, columns: string): Promise<void> {
  for (const column of columns) await cache.call(quirksOf(column));
}

test("beyond the limit of entries, what was asked for longest ago is forgotten", async () => {
  const { asked, client } = counting(() => "[]");
  await askAll(withCache(client, { entries: 2, bytes: 1000 }), "abacab");
  expect(asked.join("")).toBe("abcb");
});

test("beyond the limit of size, old answers are forgotten", async () => {
  const { asked, client } = counting(() => "x".repeat(60));
  await askAll(withCache(client, { entries: 10, bytes: 100 }), "aba");
  expect(asked.join("")).toBe("aba");
});

test("questions asked at the same time share one computation", async () => {
  const { asked, client } = counting(() => "[]");
  const cache = withCache(client);
  await Promise.all([cache.call(quirksOf("a")), cache.call(quirksOf("a"))]);
  expect(asked).toEqual(["a"]);
});
