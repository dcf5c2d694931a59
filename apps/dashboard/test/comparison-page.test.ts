import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createFakeLab } from "./fake/fake-lab.ts";

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";

describe.skipIf(chromium === null)("the comparison", () => {
  const dashboard = useDashboard(createFakeLab);
  const hash = `#/compare/xsaves-control?left=metal&right=${KVM}`;

  test("“/” finds events and folds the rest; without words it is as before", async () => {
    await dashboard.visit(hash, async (page) => {
      await page.locator(".trace-row.current").waitFor();
      const rows = page.locator(".trace-body .trace-row");
      const before = await rows.count();
      await page.keyboard.press("/");
      await page.keyboard.type("vmwrite");
      await page.getByText(/rows? fits?$/).waitFor();
      for (const text of await rows.allTextContents()) expect(text?.toLowerCase()).toContain("vmwrite");
      await page.locator("[data-key=trace-search]").fill("");
      expect(await rows.count()).toBe(before);
    });
  });

  test("“e” exports what is compared", async () => {
    await dashboard.visit(hash, async (page) => {
      await page.locator(".trace-row.current").waitFor();
      const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("e")]);
      expect(download.suggestedFilename()).toBe("xsaves-control.comparison.json");
      const saved = JSON.parse(readFileSync(await download.path(), "utf8"));
      expect([saved.left.column, saved.right.column]).toEqual(["metal", KVM]);
    });
  });

  test("further columns stand beside the two, and in the permalink", async () => {
    await dashboard.visit(hash, async (page) => {
      await page.getByLabel("Beside them").fill("virtualbox@7.0, vmware@17");
      await page.keyboard.press("Enter");
      await page.locator(".trace-head .other").nth(1).waitFor();
      expect(page.url()).toContain("others=virtualbox@7.0,vmware@17");
      expect(await page.locator(".trace-head .other").allTextContents()).toEqual(["virtualbox@7.0", "vmware@17"]);
      const cells = page.locator(".trace-body .trace-row").first().getByRole("cell");
      expect(await cells.count()).toBe(5);
    });
  });
});
