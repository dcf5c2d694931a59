import { createLab } from "@hvdiff/lab";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { STORIES } from "../web/matrix/stories.ts";
import { chromium, useDashboard } from "./dashboard-fixture.ts";

const PATIENCE = 150_000;

describe.skipIf(chromium === null)("questions that took people days, over real runs", () => {
  // The start page itself is quick: the stories do not depend on the matrix.
  const dashboard = useDashboard(() => {
    const lab = createLab();
    const known = ["xsaves-control", "cr4-loop", "sx-init-redirect"];
    return {
      ...lab,
      scenarios: () => lab.scenarios().filter(({ id }) => known.includes(id)),
      defaultColumns: () => ["metal"],
    };
  });

  /** Begins at the start page and clicks the question: the first click of three. */
  async function begin(question: string, answered: (page: Page) => Promise<void>): Promise<void> {
    expect(STORIES.map((story) => story.question)).toContain(question);
    await dashboard.visit("", async (page) => {
      page.setDefaultTimeout(PATIENCE);
      await page.evaluate(() => {
        document.documentElement.dataset["clicks"] = "0";
        const onclick = ({ isTrusted }: Event) => {
          const { dataset } = document.documentElement;
          if (isTrusted) dataset["clicks"] = String(Number(dataset["clicks"]) + 1);
        };
        addEventListener("click", onclick, { capture: true });
      });
      await page.getByRole("link", { name: question }).click();
      await answered(page);
      const clicks = Number(await page.evaluate(() => document.documentElement.dataset["clicks"]));
      expect(clicks).toBeGreaterThan(0);
      expect(clicks).toBeLessThanOrEqual(3);
    });
  }

  test("why did XSAVES #UD: a quirk of QEMU's, two clicks", { timeout: PATIENCE }, async () => {
    await begin("Why did XSAVES #UD in L2?", async (page) => {
      const row = page.locator(".verdict-table tr", { hasText: "probe-b" });
      await expect.poll(() => row.locator(".value.right").textContent()).toContain("#UD");
      await row.getByRole("button", { name: "qemu/vmx/named-model-omits-xsaves" }).click();
      await expect.poll(() => page.locator(".cause-card.current").textContent()).toContain("XSAVES");
    });
  });

  test("who set CR4.VMXE in the read shadow: userspace after a signal, one click", { timeout: PATIENCE }, async () => {
    await begin("Who set CR4.VMXE in the read shadow?", async (page) => {
      const first = page.locator(".provenance > .chain > li").first();
      await first.waitFor();
      await expect.poll(() => first.textContent()).toContain("userspace wrote registers back (signal)");
      await expect.poll(() => page.locator(".bits-table tr.asked").textContent()).toContain("VMXE");
      await expect.poll(() => page.locator(".moment-words").textContent()).toContain("returns to userspace: signal");
    });
  });

  test("why did the second processor not get #SX: two clicks", { timeout: PATIENCE }, async () => {
    await begin("Why did the second processor not get #SX?", async (page) => {
      const cause = page.locator(".verdict-table .cause-chip, .verdict-table button").first();
      await cause.click();
      await expect.poll(() => page.locator(".cause-card.current").textContent()).toMatch(/INIT|#SX/);
      await expect.poll(() => page.locator(".cause-card.unexplained").count()).toBe(0);
    });
  });

  test("which address space a VMPTRLD operand is in, and what L0 did with it: one click", {
    timeout: PATIENCE,
  }, async () => {
    await begin("Which address space is this VMPTRLD operand in?", async (page) => {
      const note = page.locator(".pointer-note");
      await note.waitFor();
      const text = (await note.textContent()) ?? "";
      expect(text).toMatch(/0x[0-9a-f]+ is a physical address of L1's own memory/);
      expect(text).toContain("It became the current VMCS of L1, vmcs12");
      expect(text).toContain("L0 works on a copy of it");
    });
  });
});
