import { describe, expect, test } from "vitest";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createFakeLab } from "./fake/fake-lab.ts";
import { settled } from "./settled.ts";

describe.skipIf(chromium === null)("faster than the server", () => {
  const dashboard = useDashboard(createFakeLab);

  test("who went back before an answer came sees what was there, not that something runs", async () => {
    await dashboard.visit("#/walk/ept-walk?on=ideal&at=603", async (page) => {
      await page.locator(".walk-table").waitFor();
      await settled(page);
      const before = await page.locator(".walk").textContent();
      const held: (() => void)[] = [];
      await page.route(/\/walk\/.*event=604/, async (route) => {
        await new Promise<void>((resolve) => held.push(resolve));
        await route.continue();
      });
      await page.keyboard.press("j");
      await expect.poll(() => held.length).toBe(1);
      await page.keyboard.press("k");
      await settled(page);
      // Behind the timer that tells the impatient that something runs.
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
      expect(await page.locator(".walk").textContent()).toBe(before);
      held[0]?.();
      await page.waitForResponse(/event=604/);
      expect(await page.locator(".walk").textContent()).toBe(before);
    });
  });

  test("a key that is held changes the address now and then, and at last", async () => {
    await dashboard.visit("#/structures/xsaves-control?on=ideal&at=100", async (page) => {
      await page.locator(".structure-table").waitFor();
      const changes = await page.evaluate(() => {
        let changes = 0;
        const replace = history.replaceState.bind(history);
        history.replaceState = (...given) => {
          changes += 1;
          replace(...given);
        };
        for (let press = 0; press < 50; press += 1)
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
        return changes;
      });
      expect(changes).toBeLessThan(25);
      await expect.poll(() => page.url()).toContain("at=150");
    });
  });
});
