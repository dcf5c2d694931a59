import type { Lab } from "@hvdiff/lab";
import { UsageError } from "@hvdiff/lab";
import { describe, expect, test } from "vitest";
import { openPage } from "./browser.ts";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createFakeLab } from "./fake/fake-lab.ts";

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";

/** A lab that takes images which begin like an ELF file. */
function labForUploads(): Lab {
  const fake = createFakeLab();
  const bundled = (guest: Parameters<Lab["diff"]>[0]) => {
    if (!("image" in guest)) return guest;
    if (guest.image[0] !== 0x7f) throw new UsageError(`${guest.name}: neither ELF nor anything else that boots`);
    return { scenario: "xsaves-control" };
  };
  return {
    ...fake,
    diff: (guest, columns, options) => fake.diff(bundled(guest), columns, options),
    compare: (guest, left, right, options) => fake.compare(bundled(guest), left, right, options),
  };
}

describe.skipIf(chromium === null)("one's own guest", () => {
  const dashboard = useDashboard(labForUploads);

  test("an image is dropped, run, and compared; its address works in another browser", async () => {
    const { page, complaints } = await openPage(dashboard.browser);
    await page.goto(`${dashboard.server.url}#/own?on=metal,${KVM}`);
    const buffer = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1]);
    await page.locator("[data-key=file]").setInputFiles({ name: "my.elf", mimeType: "application/x-elf", buffer });
    const row = page.getByRole("row", { name: /kvm@6\.1/ });
    await row.waitFor();
    await expect.poll(() => row.textContent()).toContain("3 verdicts differ");
    await expect.poll(() => page.url()).toMatch(/#\/own\/[0-9a-f]{64}\?on=metal/);
    const address = page.url();
    await row.getByRole("link").click();
    await page.locator(".trace-row.current").waitFor();
    await expect.poll(() => page.url()).toContain("#/compare/sha256:");
    const other = await openPage(dashboard.browser);
    await other.page.goto(address);
    await other.page.getByRole("row", { name: /kvm@6\.1/ }).waitFor();
    await other.page.goto(`${dashboard.server.url}#/own`);
    await other.page.getByRole("link", { name: /my\.elf/ }).waitFor();
    expect([...complaints, ...other.complaints]).toEqual([]);
    await page.context().close();
    await other.page.context().close();
  });

  test("pasted assembly is assembled in the page and run; what is wrong is said line by line", async () => {
    const { page, complaints } = await openPage(dashboard.browser);
    await page.goto(`${dashboard.server.url}#/own?on=metal,${KVM}`);
    await page.getByText("Or paste assembly").click();
    const source = page.getByLabel("Assembly, Intel's syntax");
    const example = await source.inputValue();
    await source.fill(`${example}\n  vmxon [rdi]\n  frobnicate rax\n`);
    await page.getByRole("button", { name: "Assemble and run" }).click();
    await page.getByText(`line ${example.split("\n").length + 2}: Unknown opcode`).waitFor();
    await source.fill(example);
    await page.getByRole("button", { name: "Assemble and run" }).click();
    await page.getByRole("row", { name: /kvm@6\.1/ }).waitFor();
    await expect.poll(() => page.url()).toMatch(/#\/own\/[0-9a-f]{64}\?on=metal/);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("a file that is no guest is refused with a reason, an empty one before it is sent", async () => {
    const { page, complaints } = await openPage(dashboard.browser);
    await page.goto(`${dashboard.server.url}#/own`);
    const choose = (name: string, buffer: Buffer) =>
      page.locator("[data-key=file]").setInputFiles({ name, mimeType: "application/octet-stream", buffer });
    await choose("empty.elf", Buffer.alloc(0));
    await page.getByText("empty.elf is empty.").waitFor();
    await choose("holiday.jpg", Buffer.from([0xff, 0xd8, 0xff]));
    await page.getByText("holiday.jpg: neither ELF nor anything else that boots").waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
