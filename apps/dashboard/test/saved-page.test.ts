import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLab, UsageError } from "@hvdiff/lab";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportSite } from "../server/index.ts";
import { findChromium, launch, openPage } from "./browser.ts";
import { buildPage } from "./build-page.ts";

const chromium = findChromium();
const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** What any file server does, and no more. */
function fileServer(directory: string): Server {
  return createServer(({ url }, response) => {
    const path = join(directory, decodeURIComponent((url ?? "/").split("?")[0] ?? "").replace(/\/$/, "/index.html"));
    if (!path.startsWith(directory) || !statSync(path, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
    response.end(readFileSync(path));
  });
}

async function buildWorker(): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), "hvdiff-worker-"));
  const configFile = fileURLToPath(new URL("../static/vite.config.ts", import.meta.url));
  await build({ configFile, logLevel: "error", build: { outDir, emptyOutDir: true, minify: false } });
  return join(outDir, "lab-worker.js");
}

describe.skipIf(chromium === null)("a saved page on a file server", () => {
  const places: string[] = [];
  let server: Server;
  let browser: Browser;
  let site: string;

  beforeAll(async () => {
    const webDirectory = await buildPage();
    const workerFile = await buildWorker();
    site = mkdtempSync(join(tmpdir(), "hvdiff-site-"));
    places.push(site);
    const lab = createLab();
    const scenarios = () => lab.scenarios().filter(({ id }) => id === "xsaves-control");
    exportSite({ directory: join(site, "sub"), lab: { ...lab, scenarios }, webDirectory, workerFile });
    server = fileServer(site);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    browser = await launch(chromium ?? "");
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
    for (const place of places) rmSync(place, { recursive: true });
  });

  async function visit(hash: string, work: (page: Page) => Promise<void>): Promise<void> {
    const { page, complaints } = await openPage(browser);
    page.setDefaultTimeout(60_000);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/sub/${hash}`);
    await work(page);
    expect(complaints).toEqual([]);
    await page.context().close();
  }

  test.each([
    ["#/matrix", ".cell.differs"],
    [`#/compare/xsaves-control?left=metal&right=${KVM}`, ".trace-row.current"],
    ["#/structures/xsaves-control?on=ideal&field=vmcs02.guestRip&at=800", ".provenance .chain"],
    ["#/walk/xsaves-control?on=ideal&at=780", ".walk-table"],
    ["#/caps?on=metal,ideal&cpu=nehalem", ".capability-group, .results .state"],
    ["#/quirks", ".quirk-entry"],
    ["#/own", ".results .state"],
  ])("%s resolves in a fresh browser", { timeout: 120_000 }, async (hash, ready) => {
    await visit(hash, (page) => page.locator(ready).first().waitFor());
  });

  test("a directory that is not empty is left alone", () => {
    expect(() =>
      exportSite({
        directory: join(site, "sub"),
        webDirectory: join(site, "sub"),
        workerFile: join(site, "sub/lab-worker.js"),
      }),
    ).toThrow(UsageError);
  });
});
