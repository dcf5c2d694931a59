import { describe, expect, test } from "vitest";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createFakeLab } from "./fake/fake-lab.ts";

describe.skipIf(chromium === null)("the schedule explorer", () => {
  const dashboard = useDashboard(createFakeLab);

  test("a search is asked for, its tree drawn, and what it found leads to a replay", async () => {
    await dashboard.visit("#/schedules/xsaves-control", async (page) => {
      await page.getByRole("button", { name: "Search", exact: true }).click();
      await page.locator(".finding").waitFor();
      await expect.poll(() => page.url()).toContain("search=1");
      await expect.poll(() => page.locator(".summary").textContent()).toContain("1,500 schedules tried");
      await page.locator(".hv-branch-violated").click();
      await page.getByText("signal@4300: broke a verdict").waitFor();
      await expect.poll(() => page.locator(".cause-card").count()).toBe(2);
      const row = page.locator(".schedule-tree tr", { hasText: "broke a verdict" });
      await expect.poll(() => row.locator("td").textContent()).toBe("1");
      await page.getByRole("link", { name: "Replay it beside metal" }).click();
      await page.locator(".trace-row.current").waitFor();
      await expect.poll(() => page.url()).toContain("schedule=signal@4300");
    });
  });
});
