import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../server/index.ts";
import { findChromium, launch, openPage } from "./browser.ts";
import { buildPage } from "./build-page.ts";
import { createFakeLab } from "./fake/fake-lab.ts";
import { LOOKS } from "./looks.ts";

const chromium = findChromium();
/** The page's own security policy forbids inline scripts; the debugger's evaluation is not bound by it. */
const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PICTURES = fileURLToPath(new URL("../../../docs/images/dashboard/", import.meta.url));
/** Set: the pictures of the documentation are made anew. */
const isDrawing = (process.env["HVDIFF_SCREENSHOTS"] ?? "") !== "";

const SIZES = [
  { name: "wide", width: 1280, height: 800, dark: false },
  { name: "wide-dark", width: 1280, height: 800, dark: true },
  { name: "narrow", width: 400, height: 800, dark: false },
  { name: "narrow-dark", width: 400, height: 800, dark: true },
] as const;

describe.skipIf(chromium === null)("how the page looks", () => {
  let web: string;
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    web = await buildPage();
    server = await startServer({ port: 0, lab: createFakeLab(), webDirectory: web });
    browser = await launch(chromium ?? "");
    if (isDrawing) mkdirSync(PICTURES, { recursive: true });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    if (web !== undefined) rmSync(web, { recursive: true });
  });

  test.each(LOOKS)(
    "$name: nothing hinders those who use it otherwise, and nothing is wider than the window",
    async (look) => {
      // One visit: the same page is made narrow and dark, which is also what people do with it.
      const { page, complaints } = await openPage(browser, SIZES[0]);
      await page.goto(server.url + look.hash);
      await page.locator(look.ready).first().waitFor();
      await page.evaluate(AXE_SOURCE);
      for (const size of SIZES) {
        await page.emulateMedia({ colorScheme: size.dark ? "dark" : "light" });
        await page.setViewportSize(size);
        await page.evaluate(() => scrollTo(0, 0));
        if (isDrawing) await page.screenshot({ path: `${PICTURES}${look.name}-${size.name}.png` });
        expect(await violations(page), `${look.name} ${size.name}`).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(size.width);
      }
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );
});

/** What axe finds that is serious or worse. */
async function violations(page: Page): Promise<string[]> {
  const results = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
    );
}
