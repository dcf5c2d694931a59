import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "@hvdiff/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LabClient } from "./lab-client.ts";
import { inWorker, shared } from "./worker-client.ts";

/** A thread that speaks the lab's protocol: it echoes, refuses what is bad, and ends when told to. */
const WORKER = `
import { parentPort } from "node:worker_threads";
parentPort.on("message", ({ id, request }) => {
  if (request.column === "crash") process.exit(3);
  if (request.column === "endless") for (;;);
  const refused = request.column === "bad";
  parentPort.postMessage(refused ? { id, message: "unknown", isUsageError: true } : { id, bytes: new TextEncoder().encode(request.column) });
});
`;

let folder: string;
let path: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hvdiff-worker-"));
  path = join(folder, "worker.mjs");
  writeFileSync(path, WORKER);
});

afterAll(() => rmSync(folder, { recursive: true }));

test("answers and the user's errors come back from the thread, and after a crash a new one answers", async () => {
  const client = inWorker(path);
  expect(String(await client.call({ method: "quirks", column: "a" }))).toBe("a");
  await expect(client.call({ method: "quirks", column: "bad" })).rejects.toThrow(new UsageError("unknown"));
  await expect(client.call({ method: "quirks", column: "crash" })).rejects.toThrow("ended with code 3");
  expect(String(await client.call({ method: "quirks", column: "b" }))).toBe("b");
  await client.close();
});

test("a question that takes too long fails alone: those behind it are answered by a new thread", async () => {
  const client = inWorker(path, { milliseconds: 3000, megabytes: 64 });
  const endless = client.call({ method: "quirks", column: "endless" });
  const behind = client.call({ method: "quirks", column: "behind" });
  await expect(endless).rejects.toThrow("took more than 3 s");
  expect(String(await behind)).toBe("behind");
  await client.close();
});

test("an answer that comes just too late is not taken for that of the next question", async () => {
  const client = inWorker(path, { milliseconds: 3000, megabytes: 64 });
  await client.call({ method: "quirks", column: "awake" });
  const [late, behind] = await new Promise<Promise<Buffer>[][]>((resolve) =>
    // Timers come next, before messages: the time is over, and the answer is there.
    setImmediate(() => {
      const asked = ["late", "behind"].map((column) => client.call({ method: "quirks", column }));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3200);
      resolve([asked]);
    }),
  ).then(([asked = []]) => asked);
  await expect(late).rejects.toThrow("took more than 3 s");
  expect(String(await behind)).toBe("behind");
  await client.close();
});

test("a question does not wait behind another while a client is idle", async () => {
  let finish: (bytes: Buffer) => void = () => {};
  const slow = new Promise<Buffer>((resolve) => {
    finish = resolve;
  });
  const asked: string[] = [];
  const clientOf = (name: string): LabClient => ({
    call: (request) => {
      asked.push(name);
      return request.method === "scenarios" ? slow : Promise.resolve(Buffer.from("quick"));
    },
    close: async () => {},
  });
  const client = shared([clientOf("one"), clientOf("two")]);
  const long = client.call({ method: "scenarios" });
  expect(String(await client.call({ method: "columns" }))).toBe("quick");
  expect(String(await client.call({ method: "columns" }))).toBe("quick");
  finish(Buffer.from("slow"));
  expect(String(await long)).toBe("slow");
  expect(asked).toEqual(["one", "two", "two"]);
});
