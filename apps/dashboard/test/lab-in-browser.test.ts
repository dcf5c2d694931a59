import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { CompareResult } from "@hvdiff/lab";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium, launch, openPage } from "./browser.ts";
import { answerOf, type Question } from "./lab-web-worker.ts";

const chromium = findChromium();
if (chromium === null) console.warn("lab in a browser skipped: no Chromium (apt-get install chromium)");

/** The lab with its worker as one script, for a platform that has nothing of Node. */
async function workerScript(): Promise<string> {
  const entry = fileURLToPath(new URL("lab-web-worker.ts", import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@hvdiff/source"] },
    build: { write: false, minify: false, lib: { entry, formats: ["iife"], name: "labWorker" } },
  });
  const [bundle] = Array.isArray(result) ? result : [result];
  if (bundle === undefined || !("output" in bundle)) throw new Error("vite has built nothing");
  return bundle.output[0].code;
}

function runIds(answer: string): string[] {
  const { left, right }: CompareResult = JSON.parse(answer);
  return [left.runId, right.runId];
}

describe.skipIf(chromium === null)("the lab in a web worker of Chromium", () => {
  let browser: Browser;
  let server: Server;

  beforeAll(async () => {
    const script = await workerScript();
    server = createServer(({ url }, response) => {
      const isScript = url === "/worker.js";
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? script : '<!doctype html><link rel="icon" href="data:,"><title>lab</title>');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    browser = await launch(chromium ?? "");
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  test.each<Question>([
    { scenario: "xsaves-control", left: "metal", right: "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on" },
    { scenario: "ept-walk", left: "metal", right: "ideal" },
  ])("gives the bytes that Node gives: $scenario on $right", async (question) => {
    const { page, complaints } = await openPage(browser);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const answer = await page.evaluate(
      (asked) =>
        new Promise<string>((resolve, reject) => {
          const worker = new Worker("/worker.js");
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage(asked);
        }),
      question,
    );
    const expected = answerOf(question);
    expect(runIds(answer)).toEqual(runIds(expected));
    expect(answer === expected, "the results' JSON, traces with all times, is the same text").toBe(true);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
