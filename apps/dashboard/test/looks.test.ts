import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { AxeResults, RunOptions, resultGroups } from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { openPage } from "./browser.ts";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createFakeLab } from "./fake/fake-lab.ts";
import { LOOKS } from "./looks.ts";
import { settled } from "./settled.ts";

/** The page's own security policy forbids inline scripts; the debugger's evaluation is not bound by it. */
const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PICTURES = fileURLToPath(new URL("../../../docs/images/dashboard/", import.meta.url));
/** Set: the pictures of the documentation are made anew. */
const isDrawing = (process.env["HVDIFF_SCREENSHOTS"] ?? "") !== "";

if (isDrawing) mkdirSync(PICTURES, { recursive: true });

/** What is wrong is told element by element, not what is right: that is most of the time axe takes. */
const FOUND: resultGroups[] = ["violations"];

const SIZES = [
  { name: "wide", width: 1280, height: 800, dark: false },
  { name: "wide-dark", width: 1280, height: 800, dark: true },
  { name: "narrow", width: 400, height: 800, dark: false },
  { name: "narrow-dark", width: 400, height: 800, dark: true },
] as const;

describe.skipIf(chromium === null)("how the page looks", () => {
  const dashboard = useDashboard(createFakeLab);

  test.each(LOOKS)(
    "$name: nothing hinders those who use it otherwise, and nothing is wider than the window",
    async (look) => {
      // One visit: the same page is made narrow and dark, which is also what people do with it.
      const { page, complaints } = await openPage(dashboard.browser, SIZES[0]);
      await page.goto(dashboard.server.url + look.hash);
      await page.locator(look.ready).first().waitFor();
      await settled(page);
      await page.evaluate(AXE_SOURCE);
      for (const size of SIZES) {
        await page.emulateMedia({ colorScheme: size.dark ? "dark" : "light" });
        await page.setViewportSize(size);
        await page.evaluate(() => scrollTo(0, 0));
        if (isDrawing) await page.screenshot({ path: `${PICTURES}${look.name}-${size.name}.png` });
        expect(await violations(page, size.dark), `${look.name} ${size.name}`).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(size.width);
      }
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );
});

/** What axe finds that is serious or worse. What is dark is the same page in other colours. */
async function violations(page: Page, isDark: boolean): Promise<string[]> {
  const results = await page.evaluate(
    (options) => (globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(options),
    isDark ? { runOnly: ["color-contrast"], resultTypes: FOUND } : { resultTypes: FOUND },
  );
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
    );
}
