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
      await expect.poll(() => rows.count()).toBe(before);
    });
  });

  test("“i” shows the instruction behind each event, which the permalink keeps; “i” again hides them", async () => {
    await dashboard.visit(hash, async (page) => {
      await page.locator(".trace-row.current").waitFor();
      await page.keyboard.press("j");
      const row = await page.locator(".trace-row.current").getAttribute("data-row");
      await page.keyboard.press("i");
      await page.locator(".instruction").first().waitFor();
      await expect.poll(() => page.url()).toMatch(new RegExp(`row=${row}&code=1`));
      await expect.poll(() => page.locator(".trace-row.current").getAttribute("data-row")).toBe(row);
      expect(await page.locator(".trace-side.left .instruction").allTextContents()).toContain(
        "0x101780 vmwrite rcx, rax",
      );
      await page.keyboard.press("i");
      await page.locator(".instruction").first().waitFor({ state: "detached" });
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
      await expect.poll(() => page.url()).toContain("others=virtualbox@7.0,vmware@17");
      await expect
        .poll(() => page.locator(".trace-head .other").allTextContents())
        .toEqual(["virtualbox@7.0", "vmware@17"]);
      const cells = page.locator(".trace-body .trace-row").first().getByRole("cell");
      await expect.poll(() => cells.count()).toBe(5);
    });
  });
});
