import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createFakeLab } from "./fake/fake-lab.ts";
import { LOOKS } from "./looks.ts";
import { settled } from "./settled.ts";

/** Keys that change what is looked at, where a view has a moment. */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  comparison: ["n", "j"],
  structures: ["n", "n", "j"],
  walk: ["j"],
};

describe.skipIf(chromium === null)("permalinks", () => {
  const dashboard = useDashboard(createFakeLab);
  const shown = (page: Page) => page.locator("main").textContent();

  test.each(LOOKS)(
    "$name: the address shows the same view and moment in a fresh browser",
    async ({ name, hash, ready }) => {
      let [address, text]: [string, string | null] = ["", ""];
      await dashboard.visit(hash, async (page) => {
        await page.locator(ready).first().waitFor();
        await settled(page);
        const before = await shown(page);
        for (const key of STEPS[name] ?? []) {
          const there = page.url();
          await page.keyboard.press(key);
          await expect.poll(() => page.url()).not.toBe(there);
        }
        await settled(page);
        text = await shown(page);
        if (name === "structures") expect(text).not.toBe(before);
        address = new URL(page.url()).hash;
      });
      await dashboard.visit(address, async (page) => {
        await page.locator(ready).first().waitFor();
        await settled(page);
        await expect.poll(() => shown(page)).toBe(text);
        expect(new URL(page.url()).hash).toBe(address);
      });
    },
  );
});
