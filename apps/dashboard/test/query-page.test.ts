import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createFakeLab } from "./fake/fake-lab.ts";

describe.skipIf(chromium === null)("the query bar", () => {
  const dashboard = useDashboard(createFakeLab);

  const rows = (page: Page) => page.locator(".matrix-table tbody .scenario-id").allInnerTexts();
  const finished = (page: Page) => page.getByText("of 4 scenarios differ").waitFor();

  test("what is typed filters at once and is in the address, which another browser can open", async () => {
    let address = "";
    await dashboard.visit("#/matrix", async (page) => {
      await finished(page);
      await expect.poll(() => rows(page)).toEqual(["capabilities", "xsaves-control", "vmx-instruction-errors"]);
      await page.keyboard.press("/");
      await page.keyboard.type("virtualbox:unexplained or verdict:probe-a");
      await expect.poll(() => rows(page)).toEqual(["capabilities", "xsaves-control"]);
      await page.keyboard.type(" and not seed:S1");
      await expect.poll(() => rows(page)).toEqual(["capabilities"]);
      await expect.poll(() => page.url()).toContain("not%20seed:S1");
      address = page.url().replace(dashboard.server.url, "");
    });
    expect(address).toContain("q=virtualbox:unexplained");
    await dashboard.visit(address, async (page) => {
      await finished(page);
      await expect.poll(() => rows(page)).toEqual(["capabilities"]);
      await expect.poll(() => page.getByRole("combobox", { name: "Query" }).inputValue()).toContain("not seed:S1");
    });
  });

  test("completion is chosen with the arrow keys; an error shows its place and keeps what was shown", async () => {
    await dashboard.visit("#/matrix", async (page) => {
      await finished(page);
      const bar = page.getByRole("combobox", { name: "Query" });
      await bar.pressSequentially("exit:exc");
      await page.getByRole("option", { name: "exit:EXCEPTION_NMI" }).waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Tab");
      await expect.poll(() => bar.inputValue()).toBe("exit:EXCEPTION_NMI ");
      await expect.poll(() => page.getByRole("listbox").count()).toBe(0);
      await bar.fill("seq(is:di");
      await page.getByRole("option", { name: "is:different" }).waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Tab");
      await expect.poll(() => bar.inputValue()).toBe("seq(is:different");
      await bar.fill("exit:EXCEPTION_NMI ");
      const before = await rows(page);
      await bar.fill("exit:EXCEPTION_NMI is:diferent");
      await expect.poll(() => page.locator(".query-error mark").textContent()).toBe("diferent");
      await expect.poll(() => page.locator(".query-error").textContent()).toContain("Character 23");
      await expect.poll(() => rows(page)).toEqual(before);
      await expect.poll(() => bar.getAttribute("aria-invalid")).toBe("true");
    });
  });

  test("rows are grouped and sorted, and releases of a product are a sparkline", async () => {
    await dashboard.visit("#/matrix?on=metal,kvm@5.4,kvm@4.20&group=seed&sort=name", async (page) => {
      await finished(page);
      await expect.poll(() => page.locator(".group-heading").allInnerTexts()).toEqual(["S1"]);
      await expect.poll(() => rows(page)).toEqual(["capabilities", "vmx-instruction-errors", "xsaves-control"]);
      const line = page.getByRole("img", { name: /^kvm: 4\.20 3 differ, 5\.4 3 differ$/ });
      await expect.poll(() => line.count()).toBe(1);
      await page.getByLabel("Sort by").selectOption("differences");
      await finished(page);
      await expect.poll(() => page.url()).toContain("sort=differences");
      expect((await rows(page))[0]).toBe("capabilities");
    });
  });

  test("a real machine's registers are pasted, and the nearest column is named and added", async () => {
    await dashboard.visit("#/caps?on=metal", async (page) => {
      await page.getByText("Compare a real machine").click();
      await page.getByLabel("Dump of a real machine").fill("0x480: 0x00da040000000004");
      await page.getByRole("button", { name: "Find the nearest" }).click();
      await page.getByRole("heading", { name: "Different from kvm@6.1 on skylake-client" }).waitFor();
      await expect.poll(() => page.locator(".nearest li").count()).toBe(3);
      await expect.poll(() => page.locator(".dump-answer tbody tr").textContent()).toContain("yesno");
      await page.getByRole("button", { name: "Show this column" }).first().click();
      await page.locator(".chip", { hasText: "kvm@6.1" }).waitFor();
      await expect.poll(() => page.url()).toContain("on=metal,kvm@6.1");
    });
  });

  test("a file with a dump is dropped on the closed box: it opens, and reads it", async () => {
    await dashboard.visit("#/caps?on=metal", async (page) => {
      const box = page.locator(".dump-box");
      await box.waitFor();
      await box.locator("summary").evaluate((summary) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["0x480: 0x00da040000000004"], "rdmsr.txt"));
        summary.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
      });
      await page.getByRole("heading", { name: "Different from kvm@6.1 on skylake-client" }).waitFor();
      await expect.poll(() => page.getByLabel("Dump of a real machine").inputValue()).toBe("0x480: 0x00da040000000004");
    });
  });

  test("the quirk catalogue is searched, and leads to the scenarios that show a quirk", async () => {
    await dashboard.visit("#/quirks", async (page) => {
      await page.getByText("7 of 7 quirks").waitFor();
      await page.getByLabel("Find quirks").fill("xsaves qemu");
      await page.getByText("1 of 7 quirks").waitFor();
      await expect.poll(() => page.url()).toContain("q=xsaves%20qemu");
      await page.getByRole("article").getByRole("link", { name: "Scenarios that show it" }).click();
      await finished(page);
      await expect.poll(() => rows(page)).toEqual(["capabilities", "xsaves-control"]);
    });
  });

  test("the levels' timeline zooms, is saved for Perfetto, and leads to the event in the trace", async () => {
    const kvm = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";
    await dashboard.visit(`#/compare/vmx-instruction-errors?left=metal&right=${kvm}`, async (page) => {
      await page.getByText("Levels over the run").click();
      const tools = page.locator(".timeline-tools");
      await expect.poll(() => tools.textContent()).toMatch(/(\d,\d+ events) of \1/);
      await page.getByRole("button", { name: "Zoom in" }).click();
      await expect.poll(() => tools.textContent()).not.toMatch(/(\d,\d+ events) of \1/);
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: /Perfetto/ }).click(),
      ]);
      expect(download.suggestedFilename()).toMatch(/\.trace\.json$/);
      const before = await page.locator(".trace-row.current").getAttribute("data-row");
      await page.locator(".timeline-picture svg").click({ position: { x: 400, y: 20 } });
      await expect.poll(() => page.locator(".trace-row.current").getAttribute("data-row")).not.toBe(before);
      const clicked = await page.locator(".trace-row.current").getAttribute("data-row");
      await page.locator(".timeline-picture svg").evaluate(async (picture) => {
        const { left, top } = picture.getBoundingClientRect();
        const tell = (type: string) =>
          picture.dispatchEvent(new PointerEvent(type, { bubbles: true, clientX: left + 200, clientY: top + 20 }));
        for (const type of ["pointerdown", "pointerup", "pointerdown", "pointerup", "dblclick"]) tell(type);
        // Behind the timer of a single click.
        await new Promise((resolve) => setTimeout(resolve, 500));
      });
      await expect.poll(() => tools.textContent()).toMatch(/(\d,\d+ events) of \1/);
      await expect.poll(() => page.locator(".trace-row.current").getAttribute("data-row")).toBe(clicked);
      await page.getByText("Counters", { exact: true }).click();
      await expect.poll(() => page.locator(".counters tbody tr", { hasText: "seen by L1: VMCALL" }).count()).toBe(1);
    });
  });
});
