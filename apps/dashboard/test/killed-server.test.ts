import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { DiffResult } from "@hvdiff/lab";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunState } from "../server/runs/run-state.ts";
import { findChromium, launch, openPage } from "./browser.ts";
import { buildPage } from "./build-page.ts";

const chromium = findChromium();
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const SERVER = fileURLToPath(new URL("serve-kept.ts", import.meta.url));
/** Two servers from source, and real runs: on a busy machine these take their time. */
const PATIENCE = 240_000;
const COLUMNS = ["metal", "ideal", "kvm@6.1+qemu@8.2", "virtualbox@7.0"];
const GUEST = "xsaves-control";

/** A server in a process of its own; killing it leaves it no chance to tidy up. */
interface Killable {
  readonly url: string;
  kill(): Promise<void>;
}

/** @param answers how many columns it finishes at most */
async function serve(data: string, port: number, web: string, answers = Number.POSITIVE_INFINITY): Promise<Killable> {
  const script = [SERVER, data, port, web, answers].map(String);
  const parameters = ["--import", TSX, "--conditions=@hvdiff/source", ...script];
  const server: ChildProcess = spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((resolve, reject) => {
    server.stdout?.once("data", (line: Buffer) => resolve(line.toString().trim()));
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  return {
    url,
    async kill() {
      server.kill("SIGKILL");
      await ended;
    },
  };
}

describe.skipIf(chromium === null)("a server killed in mid-run", () => {
  let data: string;
  let web: string;
  let browser: Browser;
  const servers: Killable[] = [];

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), "hvdiff-killed-"));
    web = await buildPage();
    browser = await launch(chromium ?? "");
  });

  afterAll(async () => {
    await browser?.close();
    for (const server of servers) await server.kill();
    if (data !== undefined) rmSync(data, { recursive: true });
  });

  const kept = (folder: string) =>
    readdirSync(join(data, folder))
      .filter((name) => !name.endsWith(".tmp"))
      .map((name) => JSON.parse(readFileSync(join(data, folder, name), "utf8")) as unknown);
  const stateOf = () => kept("runs")[0] as RunState | undefined;

  /** A browser of its own that is looking at the page. */
  async function visitor(url: string) {
    const { page } = await openPage(browser);
    page.setDefaultTimeout(PATIENCE);
    await page.goto(`${url}#/own`);
    await page.getByRole("heading", { name: "No runs yet" }).waitFor();
    return page;
  }

  test("loses nothing: the next one takes the run up, and pages in two browsers that looked on show its result", {
    timeout: 2 * PATIENCE,
  }, async () => {
    const first = await serve(data, 0, web, 2);
    servers.push(first);
    const pages = await Promise.all([visitor(first.url), visitor(first.url)]);
    const asked = { method: "POST", headers: { "content-type": "application/json" } };
    const body = JSON.stringify({ guest: { scenario: GUEST }, columns: COLUMNS });
    const run = (await (await fetch(`${first.url}api/v1/runs`, { ...asked, body })).json()) as RunState;
    await Promise.all(pages.map((page) => page.goto(`${first.url}#/own/${run.id}?on=${COLUMNS.join(",")}`)));
    await Promise.all(pages.map((page) => page.getByRole("progressbar").waitFor()));
    await expect.poll(() => stateOf()?.done, { timeout: PATIENCE }).toBe(2);
    await first.kill();
    await Promise.all(pages.map((page) => page.getByText("Once it does, this page goes on").waitFor()));
    // In mid-run, and every file that is there is whole.
    expect(stateOf()).toMatchObject({ status: "running", done: 2, total: COLUMNS.length });
    expect(kept("answers").length).toBe(2);

    const second = await serve(data, Number(new URL(first.url).port), web);
    servers.push(second);
    for (const page of pages) {
      await page.locator(".run-table").waitFor();
      expect(await page.locator(".run-table tbody tr").count()).toBe(COLUMNS.length);
    }
    const result = (await (await fetch(`${second.url}api/v1/runs/${stateOf()?.id}/result`)).json()) as DiffResult;
    expect(result.columns.map(({ column }) => column)).toEqual(COLUMNS);
    expect(result.columns[2]?.differences.map(({ cause }) => cause.kind)).toContain("quirks");
    expect(kept("answers").length).toBe(COLUMNS.length + 1);
    expect(readdirSync(join(data, "answers")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    for (const page of pages) await page.context().close();
  });
});
