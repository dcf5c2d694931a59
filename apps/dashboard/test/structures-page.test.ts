import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createFakeLab } from "./fake/fake-lab.ts";

describe.skipIf(chromium === null)("the control-structure lens", () => {
  const dashboard = useDashboard(createFakeLab);
  const words = (page: Page) => page.locator(".moment-words").textContent();

  test("a value's chain leads from vmcs02 by the merge to L1's VMWRITE, and its moment is a click away", async () => {
    await dashboard.visit("#/structures/xsaves-control?on=ideal", async (page) => {
      await page.locator('[data-key="field-vmcs02.secondaryProcessorBasedControls"]').click();
      const steps = page.locator(".provenance > .chain > li");
      await expect.poll(() => steps.first().textContent()).toContain("merge.secondary");
      await page.locator(".chain-branch summary", { hasText: "vmcs12" }).click();
      const written = page.locator(".chain-branch[open] .chain > li").first();
      await expect.poll(() => written.textContent()).toContain("L0 did an instruction for its guest (VMWRITE)");
      await expect.poll(() => page.locator(".bits-table").textContent()).toContain("Enable XSAVES/XRSTORS");
      await written.locator(".chain-event").click();
      await expect.poll(() => words(page)).toContain("vmwrite secondaryProcessorBasedControls");
      await expect.poll(() => page.url()).toMatch(/at=\d+&field=vmcs02\.secondaryProcessorBasedControls/);
    });
  });

  test("keys, slider and permalink go to a moment; another browser shows the same", async () => {
    let address = "";
    let before: string | null = "";
    await dashboard.visit("#/structures/xsaves-control?on=ideal&at=0", async (page) => {
      await page.locator(".structure-table").waitFor();
      const seen = new Set<string | null>();
      for (const key of ["n", "n", "j", "k", "p", "j"]) {
        await page.keyboard.press(key);
        seen.add(await words(page));
      }
      expect(seen.size).toBeGreaterThan(3);
      await page.locator("[data-key=moment]").focus();
      await page.keyboard.press("End");
      const last = await words(page);
      await page.keyboard.press("Home");
      await expect.poll(() => words(page)).not.toBe(last);
      for (let i = 0; i < 30; i++) await page.keyboard.press("n");
      await page.locator('[data-key="field-vmcs01.guestRip"]').click();
      await expect.poll(() => page.url()).toContain("field=vmcs01.guestRip");
      before = await page.locator(".structures").textContent();
      address = page.url();
    });
    await dashboard.visit(address.slice(dashboard.server.url.length), async (page) => {
      await page.locator(".provenance .chain").waitFor();
      await expect.poll(() => page.locator(".structures").textContent()).toBe(before);
    });
  });

  test("fields are found by words, and those that are 0 are shown when asked for", async () => {
    await dashboard.visit("#/structures/xsaves-control?on=ideal", async (page) => {
      const rows = page.locator(".structure-table tr[data-field]");
      await rows.first().waitFor();
      const some = await rows.count();
      await page.getByLabel("Also fields that are 0").check();
      await expect.poll(() => rows.count()).toBeGreaterThan(some + 50);
      await page.keyboard.press("/");
      await page.keyboard.type("cr4 shadow");
      await expect.poll(() => rows.count()).toBe(1);
      await expect.poll(() => rows.first().textContent()).toContain("cr4ReadShadow");
    });
  });

  test("a VMPTRLD says which address space its operand is in and what L0 did with it", async () => {
    await dashboard.visit("#/structures/xsaves-control?on=ideal&find=vmptrld", async (page) => {
      const note = page.locator(".pointer-note");
      await note.waitFor();
      const text = await note.textContent();
      expect(text).toMatch(/0x[0-9a-f]+ is a physical address of L1's own memory/);
      expect(text).toContain("It became the current VMCS of L1, vmcs12");
      expect(text).toContain("stayed vmcs01");
    });
  });

  test.each(["structures", "walk", "schedules"])("%s of a stack says what can be looked at instead", async (view) => {
    await dashboard.visit(`#/${view}/xsaves-control?on=ideal//vmware@17`, async (page) => {
      await page.getByRole("heading", { name: "One hypervisor at a time" }).waitFor();
      await page.getByRole("link", { name: "Look at vmware@17 alone" }).click();
      await page.locator(".stack-note").waitFor({ state: "detached" });
      await expect.poll(() => page.url()).toContain("on=vmware@17");
    });
  });
});
