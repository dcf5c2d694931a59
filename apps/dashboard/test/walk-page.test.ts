import { describe, expect, test } from "vitest";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createFakeLab } from "./fake/fake-lab.ts";

describe.skipIf(chromium === null)("the page-walk viewer", () => {
  const dashboard = useDashboard(createFakeLab);

  test("a walk of L2 goes through EPT12 and EPT01 down to the host; addresses and moments are in the permalink", async () => {
    await dashboard.visit("#/walk/ept-walk?on=ideal&at=900", async (page) => {
      await page.locator(".walk-table").waitFor();
      const before = await page.locator(".walk-path").textContent();
      expect(before).toContain("linear");
      expect(before).toContain("host-physical");
      await page.locator(".walk-table summary").first().click();
      await expect.poll(() => page.locator(".walk-entries li").first().textContent()).toMatch(/PML4E at 0x/);
      await page.getByLabel("Linear address").fill("0x7f0000000000");
      await page.keyboard.press("Enter");
      await page.locator(".walk-lost").waitFor();
      await expect.poll(() => page.url()).toContain("address=0x7f0000000000");
      await page.getByRole("link", { name: "Control structures here" }).click();
      await page.locator(".structure-table").waitFor();
    });
  });
});
