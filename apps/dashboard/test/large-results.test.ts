import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createLargeLab, LARGE } from "./fake/large-lab.ts";

/** Enough to tell: the bench has more. */
const SIZE = { scenarios: 100, events: 20_000 };

/** What keeps the page quick, counted rather than timed: bench/page.ts has the times. */
describe.skipIf(chromium === null)("thousands of cells and a hundred thousand events", () => {
  const dashboard = useDashboard(() => createLargeLab(SIZE));
  const elements = (page: Page, within: string) => page.locator(`${within} *`).count();
  const drawnRows = (page: Page) => page.locator(".matrix-table tbody tr:has(.cell a)").count();
  const inWindow = (page: Page, row: string) =>
    page.locator(row).evaluate((element) => element.getBoundingClientRect().top < innerHeight);

  test("JavaScript that is sent first is less than 300 kB, compressed", () => {
    const page = readFileSync(join(dashboard.web, "index.html"), "utf8");
    const scripts = [...page.matchAll(/(?:src|href)="\/?([^"]+\.js)"/g)].map(([, path]) => path!);
    expect(scripts.length).toBeGreaterThan(1);
    const sizes = scripts.map((path) => gzipSync(readFileSync(join(dashboard.web, path))).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(300_000);
  });

  test("a matrix has only the cells that are near the window, wherever that is, and arrow keys go beyond them", async () => {
    await dashboard.visit("#/matrix?all=1", async (page) => {
      await page.getByText(`of ${SIZE.scenarios} scenarios differ`).waitFor();
      await expect.poll(() => page.locator(".matrix-table tbody tr").count()).toBe(SIZE.scenarios);
      await expect.poll(() => drawnRows(page)).toBeLessThan(40);
      await page.getByLabel("Sort by").selectOption("differences");
      const first = ".matrix-table tbody tr:first-child";
      await expect.poll(() => page.locator(`${first} .cell a`).count()).toBe(LARGE.columns);
      await page.locator(".table-scroll").evaluate((scroller) => scroller.scrollTo(0, scroller.scrollHeight));
      await page.locator(".matrix-table tbody tr:last-child .cell a").first().waitFor();
      await expect.poll(() => drawnRows(page)).toBeLessThan(40);
      await expect.poll(() => page.locator(`${first} .cell a`).count()).toBe(0);
      await expect.poll(() => elements(page, ".matrix-table")).toBeLessThan(12_000);
      await page.locator(".table-scroll").evaluate((scroller) => scroller.scrollTo(0, 0));
      await page.locator(`${first} .cell a`).first().focus();
      for (let step = 0; step < 40; step += 1) await page.keyboard.press("ArrowDown");
      const row = page.locator(".matrix-table tbody tr:focus-within");
      expect(await row.evaluate((element) => [...element.parentElement!.children].indexOf(element))).toBe(40);
      await expect.poll(() => inWindow(page, ".matrix-table tbody tr:focus-within")).toBe(true);
    });
  });

  test("a trace has only the rows around its differences, a timeline as many ticks as pixels", async () => {
    await dashboard.visit("#/compare/xsaves-control-1?left=metal&right=kvm@4.1", async (page) => {
      await page.locator(".trace-row.current").waitFor();
      await expect.poll(() => page.locator(".trace-body .trace-row").count()).toBeLessThanOrEqual(400);
      await page.locator("[data-key=trace-search]").fill("exit");
      await page.getByText("rows fit").waitFor();
      await expect.poll(() => page.locator(".trace-body .trace-row").count()).toBeLessThanOrEqual(400);
      await page.locator(".timeline summary").click();
      await expect.poll(() => elements(page, ".timeline-picture")).toBeLessThan(200);
      for (let step = 0; step < 4; step += 1) await page.getByRole("button", { name: "Zoom in" }).click();
      await expect.poll(() => elements(page, ".timeline-picture")).toBeLessThan(200);
    });
  });
});
