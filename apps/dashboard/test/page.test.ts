import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { openPage } from "./browser.ts";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createFakeLab } from "./fake/fake-lab.ts";
import { settled } from "./settled.ts";

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";
const XSAVES = "qemu/vmx/named-model-omits-xsaves";
if (chromium === null) console.warn("dashboard page tests skipped: no Chromium (apt-get install chromium)");

describe.skipIf(chromium === null)("the page in Chromium", () => {
  const dashboard = useDashboard(createFakeLab);

  /** Opens a permalink, runs the journey, and fails on anything a developer would see in the console. */
  async function visit(hash: string, options: Parameters<typeof openPage>[1], journey: (page: Page) => Promise<void>) {
    const { page, complaints } = await openPage(dashboard.browser, options);
    const elsewhere: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(dashboard.server.url)) elsewhere.push(request.url());
    });
    try {
      await page.goto(`${dashboard.server.url}${hash}`);
      await journey(page);
      expect(complaints).toEqual([]);
      expect(elsewhere).toEqual([]);
    } finally {
      await page.context().close();
    }
  }

  const cell = (page: Page, scenario: string, column: string) =>
    page.locator(`[data-key="cell-${scenario}-${column}"]`);
  const focusedKey = (page: Page) => page.evaluate(() => (document.activeElement as HTMLElement).dataset["key"]);
  const address = (page: Page) => expect.poll(() => page.url());
  const currentRow = (page: Page) => page.locator(".trace-row.current").getAttribute("data-row");

  test("from the matrix to a cell to the cause and its evidence", async () => {
    await visit("", {}, async (page) => {
      await page.getByText("1 scenario without differences hidden").waitFor();
      await expect.poll(() => page.locator(".matrix-table tbody tr").count()).toBe(3);
      await cell(page, "xsaves-control", KVM).click();
      await page.getByRole("heading", { level: 1, name: "The control that XSAVES needs" }).waitFor();
      const row = page.locator(".verdict-table tr", { hasText: "probe-b" });
      await expect.poll(() => row.locator(".value.right").textContent()).toBe("#UD at XSAVES in L2");
      await row.getByRole("button", { name: XSAVES }).click();
      const card = page.locator(".cause-card.current");
      await expect.poll(() => card.getByRole("heading").textContent()).toBe(XSAVES);
      await expect.poll(() => card.textContent()).toMatch(/since 4\.2/);
      await expect.poll(() => card.locator("li a").first().getAttribute("href")).toMatch(/^https:/);
      expect(await card.evaluate((element) => element === document.activeElement)).toBe(true);
      await card.getByRole("button", { name: "Back to the difference" }).click();
      await expect.poll(() => focusedKey(page)).toBe(`cause-probe-b-${XSAVES}`);
    });
  });

  test("a comparison can be repeated without the quirk, and the browser's back button returns", async () => {
    await visit(`#/compare/xsaves-control?left=metal&right=${KVM}`, {}, async (page) => {
      await page.getByRole("link", { name: "Compare without this quirk" }).first().click();
      await page.getByRole("list", { name: "Quirks switched by hand" }).waitFor();
      await address(page).toContain(`quirks=-${XSAVES}`);
      await page.goBack();
      await page.getByRole("list", { name: "Quirks switched by hand" }).waitFor({ state: "detached" });
    });
  });

  test("everything is reached by keyboard: skip link, arrows in the matrix, Enter, n, p, j, k, help", async () => {
    await visit("#/matrix", {}, async (page) => {
      await cell(page, "xsaves-control", "metal").waitFor();
      await settled(page);
      await page.keyboard.press("Tab");
      await expect
        .poll(() => page.locator(".skip-link").evaluate((link) => link === document.activeElement))
        .toBe(true);
      await page.keyboard.press("Enter");
      for (let presses = 0; (await focusedKey(page)) !== "cell-capabilities-metal"; presses += 1) {
        expect(presses).toBeLessThan(20);
        await page.keyboard.press("Tab");
      }
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await expect.poll(() => focusedKey(page)).toBe(`cell-xsaves-control-${KVM}`);
      await expect.poll(() => page.getByRole("tooltip").textContent()).toContain(XSAVES);
      await page.keyboard.press("Enter");
      await page.locator(".trace-row.current").waitFor();
      await settled(page);
      const first = await currentRow(page);
      await page.keyboard.press("n");
      expect(Number(await currentRow(page))).toBeGreaterThan(Number(first));
      await page.keyboard.press("p");
      await expect.poll(() => currentRow(page)).toBe(first);
      await page.keyboard.press("j");
      expect(Number(await currentRow(page))).toBe(Number(first) + 1);
      await page.keyboard.press("k");
      await address(page).toContain(`row=${first}`);
      await page.keyboard.press("?");
      await expect.poll(() => page.getByRole("dialog").textContent()).toContain("next, previous difference");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
    });
  });

  test("a permalink to a folded row of a long trace shows that row, and folds open", async () => {
    await visit(`#/compare/vmx-instruction-errors?left=metal&right=${KVM}&row=2000`, {}, async (page) => {
      await page.locator('.trace-row.current[data-row="2000"]').waitFor();
      await expect.poll(() => page.locator('[data-row="2000"]').isVisible()).toBe(true);
      const rows = await page.locator(".trace-body .trace-row").count();
      await page.locator(".trace-fold button").first().click();
      await expect.poll(() => page.locator(".trace-body .trace-row").count()).toBeGreaterThan(rows);
    });
  });

  test("capabilities: four states, raw values, and the cause of each differing bit", async () => {
    await visit(`#/caps?on=metal,${KVM}`, {}, async (page) => {
      const group = page.getByRole("region", { name: "secondary processor-based controls" });
      await group.waitFor();
      await expect.poll(() => page.getByRole("region", { name: "pin-based controls" }).count()).toBe(0);
      await expect.poll(() => group.locator("tr.raw").textContent()).toContain("0x000378ef00000000");
      const bit = group.getByRole("row", { name: /Enable XSAVES\/XRSTORS/ });
      await expect.poll(() => bit.locator(".bit-state").allInnerTexts()).toEqual(["yes", "no"]);
      await bit.getByRole("button", { name: XSAVES }).click();
      await expect.poll(() => page.locator(".cause-card.current").textContent()).toContain(XSAVES);
      await page.getByText("Only differences").click();
      const pin = page.getByRole("region", { name: "pin-based controls" });
      await pin.waitFor();
      expect(new Set(await pin.locator("tbody .bit-state").allInnerTexts())).toEqual(
        new Set(["yes", "no", "default", "forced"]),
      );
    });
  });

  test("columns are added and removed, and the permalink says so", async () => {
    await visit("#/matrix", {}, async (page) => {
      await page.getByRole("button", { name: "Remove column ideal" }).click();
      await page.getByLabel("Add a column").fill("kvm@5.4");
      await page.keyboard.press("Enter");
      await page.locator(".matrix-table thead", { hasText: "kvm@5.4" }).waitFor();
      await address(page).toContain(`on=metal,${KVM},virtualbox@7.0,vmware@17,kvm@5.4`);
      await expect.poll(() => page.locator(".matrix-table thead", { hasText: "ideal" }).count()).toBe(0);
    });
  });

  test("the chart is the matrix too, and its cells lead to comparisons", async () => {
    await visit("#/matrix?show=chart", {}, async (page) => {
      await page.getByText("1 scenario without differences hidden").waitFor();
      await settled(page);
      await page.locator(`.hv-matrix-chart a[aria-label^="xsaves-control, ${KVM}: 3 of 5 verdicts differ"]`).click();
      await page.getByRole("heading", { level: 1, name: "The control that XSAVES needs" }).waitFor();
    });
  });

  test("an unknown column is an error with a way out", async () => {
    const { page } = await openPage(dashboard.browser);
    await page.goto(`${dashboard.server.url}#/matrix?on=metal,foo@1`);
    await expect.poll(() => page.getByRole("alert").textContent()).toContain("unknown personality “foo”");
    await page.getByRole("link", { name: "Start over with the default columns" }).click();
    await cell(page, "xsaves-control", KVM).waitFor();
    await page.context().close();
  });

  test.each([
    "#/matrix?all=1",
    "#/matrix?show=chart",
    `#/compare/capabilities?left=metal&right=${KVM}`,
    "#/caps?all=1",
  ])("at 400 pixels nothing is wider than the window: %s", async (hash) => {
    await visit(hash, { width: 400 }, async (page) => {
      await page.locator(".matrix .mono, .hv-chart, .capability-group").first().waitFor();
      await settled(page);
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(400);
      const link = page.getByRole("link", { name: "Capabilities", exact: true });
      expect((await link.boundingBox())?.x).toBeLessThan(400);
    });
  });

  test("dark: as the system prefers, or as chosen, which lasts", async () => {
    const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    let light = "";
    await visit("#/matrix", {}, async (page) => {
      light = await background(page);
      await page.getByRole("button", { name: "Theme: system" }).click();
      await page.getByRole("button", { name: "Theme: light" }).click();
      await page.getByRole("button", { name: "Theme: dark" }).waitFor();
      await expect.poll(() => background(page)).not.toBe(light);
      await settled(page);
      await page.reload();
      await page.getByRole("button", { name: "Theme: dark" }).waitFor();
      await expect.poll(() => background(page)).not.toBe(light);
    });
    await visit("#/matrix", { dark: true }, async (page) => {
      await page.getByRole("button", { name: "Theme: system" }).waitFor();
      await expect.poll(() => background(page)).not.toBe(light);
    });
  });

  test("every control, picture and link has a name, and headings do not skip a level", async () => {
    for (const hash of ["#/matrix", `#/compare/xsaves-control?left=metal&right=${KVM}`, "#/caps"]) {
      await visit(hash, {}, async (page) => {
        await page.locator(".matrix .cell a, .trace-row, .capability-group").first().waitFor();
        await settled(page);
        await expect.poll(() => page.evaluate(unnamedElements)).toEqual([]);
        const levels = await page
          .locator("h1, h2, h3")
          .evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
        expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([]);
        expect(levels.filter((level) => level === 1)).toEqual([1]);
      });
    }
  });
});

/** Runs in the page: what a screen reader would announce without a name, and ids that occur twice. */
function unnamedElements(): string[] {
  const nameOf = (element: Element) =>
    element.getAttribute("aria-label") ??
    (element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null) ??
    element.textContent;
  const unnamed = [...document.querySelectorAll("a, button, input, select, svg, [role=table], [role=grid]")]
    .filter((element) => (nameOf(element) ?? "").trim() === "")
    .map((element) => element.outerHTML.slice(0, 120));
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  return [...unnamed, ...ids.filter((id, index) => ids.indexOf(id) !== index)];
}
