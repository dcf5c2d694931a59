import { rmSync } from "node:fs";
import { createLab } from "@hvdiff/lab";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../server/index.ts";
import { findChromium, launch, openPage } from "./browser.ts";
import { buildPage } from "./build-page.ts";

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";
const XSAVES = "qemu/vmx/named-model-omits-xsaves";
const PATIENCE = 150_000;
const chromium = findChromium();

describe.skipIf(chromium === null)("the page over real runs", () => {
  let web: string;
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    web = await buildPage();
    const lab = createLab();
    const scenarios = () => lab.scenarios().filter(({ id }) => id === "xsaves-control");
    server = await startServer({ port: 0, lab: { ...lab, scenarios }, webDirectory: web });
    browser = await launch(chromium ?? "");
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    if (web !== undefined) rmSync(web, { recursive: true });
  });

  test("why XSAVES is #UD in L2 under KVM is two clicks from the matrix", { timeout: PATIENCE }, async () => {
    const { page, complaints } = await openPage(browser);
    page.setDefaultTimeout(PATIENCE);
    await page.goto(`${server.url}#/matrix?on=metal,${KVM}`);
    await page.locator(`[data-key="cell-xsaves-control-${KVM}"]`).click();
    const row = page.locator(".verdict-table tr", { hasText: "probe-b" });
    expect(await row.locator(".value.right").textContent()).toContain("#UD");
    await row.getByRole("button", { name: XSAVES }).click();
    expect(await page.locator(".cause-card.current").textContent()).toContain("XSAVES");
    await page.locator(".trace-row.current").waitFor();
    expect(await page.locator(".cause-card.unexplained").count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
