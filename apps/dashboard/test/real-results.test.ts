import { createLab } from "@hvdiff/lab";
import { describe, expect, test } from "vitest";
import { BAD_IMAGES } from "./bad-images-table.ts";
import { openPage } from "./browser.ts";
import { chromium, useDashboard } from "./dashboard-fixture.ts";

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";
const XSAVES = "qemu/vmx/named-model-omits-xsaves";
const PATIENCE = 150_000;

describe.skipIf(chromium === null)("the page over real runs", () => {
  const dashboard = useDashboard(() => {
    const lab = createLab();
    return { ...lab, scenarios: () => lab.scenarios().filter(({ id }) => id === "xsaves-control") };
  });

  test("why XSAVES is #UD in L2 under KVM is two clicks from the matrix", { timeout: PATIENCE }, async () => {
    await dashboard.visit(`#/matrix?on=metal,${KVM}`, async (page) => {
      page.setDefaultTimeout(PATIENCE);
      await page.locator(`[data-key="cell-xsaves-control-${KVM}"]`).click();
      const row = page.locator(".verdict-table tr", { hasText: "probe-b" });
      expect(await row.locator(".value.right").textContent()).toContain("#UD");
      await row.getByRole("button", { name: XSAVES }).click();
      expect(await page.locator(".cause-card.current").textContent()).toContain("XSAVES");
      await page.locator(".trace-row.current").waitFor();
      expect(await page.locator(".cause-card.unexplained").count()).toBe(0);
    });
  });

  test("ten files that are no guests: each says why, and stays in the list of runs", {
    timeout: PATIENCE,
  }, async () => {
    await dashboard.visit("#/own?on=metal", async (page) => {
      expect(BAD_IMAGES.length).toBe(10);
      for (const [index, [, buffer]] of BAD_IMAGES.entries()) {
        const name = `bad-${index}.elf`;
        await page.locator("[data-key=file]").setInputFiles({ name, mimeType: "application/x-elf", buffer });
        const reason = page.locator(".error-message", { hasText: `${name}: ` });
        await reason.waitFor();
        expect(await reason.textContent()).toMatch(/^bad-\d\.elf: \w.{8,}/);
        await page.getByRole("heading", { name: "This guest could not be run" }).waitFor();
      }
      await page.goto(`${dashboard.server.url}#/own`);
      await page.getByRole("heading", { name: "Runs" }).waitFor();
      expect(await page.locator(".run-list li").count()).toBe(10);
    });
  });

  test("an image is too large: it is not sent at all", async () => {
    const { page } = await openPage(dashboard.browser);
    await page.goto(`${dashboard.server.url}#/own`);
    const buffer = Buffer.alloc(17 * 0x100000, 1);
    await page.locator("[data-key=file]").setInputFiles({ name: "large.elf", mimeType: "application/x-elf", buffer });
    await page.getByText("large.elf has 17.0 MiB; 16 MiB is the most.").waitFor();
    await page.context().close();
  });
});
