import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { KEYS } from "../web/keys-table.ts";
import { chromium, useDashboard } from "./dashboard-fixture.ts";
import { createFakeLab } from "./fake/fake-lab.ts";
import { settled } from "./settled.ts";

/** Presses a key where it means something, and asserts what it does. */
type Effect = (page: Page) => Promise<void>;

interface Journey {
  readonly hash: string;
  readonly ready: string;
  readonly effects: Readonly<Record<string, Effect>>;
}

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";
const focusedKey = (page: Page) => page.evaluate(() => (document.activeElement as HTMLElement).dataset["key"]);
const address = (page: Page) => new URL(page.url()).hash;

/** The key moves the focus from one cell of the matrix to another. */
function moves(key: string, from: string, to: string): Effect {
  return async (page) => {
    await page.locator(`[data-key="cell-${from}"]`).focus();
    await page.keyboard.press(key);
    await expect.poll(() => focusedKey(page)).toBe(`cell-${to}`);
  };
}

/** The key changes what a number says, up or down. */
function steps(key: string, by: 1 | -1, numberOf: (page: Page) => Promise<number>): Effect {
  return async (page) => {
    const before = await numberOf(page);
    await page.keyboard.press(key);
    await expect.poll(async () => Math.sign((await numberOf(page)) - before)).toBe(by);
  };
}

const focuses =
  (key: string, field: string): Effect =>
  async (page) => {
    await page.keyboard.press(key);
    await expect.poll(() => focusedKey(page)).toBe(field);
    await page.locator("h1").click();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  };

const row = async (page: Page) => Number(await page.locator(".trace-row.current").getAttribute("data-row"));
const moment = async (page: Page) => Number(await page.locator("[data-key=moment]").inputValue());
const walkedEvent = async (page: Page) => Number(await page.locator("[data-key=walk-at]").inputValue());

const onSlider =
  (effect: Effect): Effect =>
  async (page) => {
    await page.locator("[data-key=moment]").focus();
    await effect(page);
  };

const JOURNEYS: Readonly<Record<string, Journey>> = {
  everywhere: {
    hash: "#/quirks",
    ready: ".quirk-entry",
    effects: {
      "?": async (page) => {
        await page.keyboard.press("?");
        const text = (await page.getByRole("dialog").textContent()) ?? "";
        for (const { title, keys } of KEYS)
          for (const words of [title, ...keys.map(({ what }) => what)]) expect(text).toContain(words);
      },
      Tab: async (page) => {
        const focused = () => page.evaluate(() => document.activeElement?.outerHTML);
        await page.keyboard.press("Escape");
        const before = await focused();
        await page.keyboard.press("Tab");
        expect(await focused()).not.toBe(before);
      },
      Escape: async (page) => {
        await page.keyboard.press("?");
        await page.getByRole("dialog").waitFor();
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "hidden" });
      },
    },
  },
  matrix: {
    hash: `#/matrix?on=metal,${KVM},vmware@17`,
    ready: '[data-key="cell-xsaves-control-metal"]',
    effects: {
      ArrowLeft: moves("ArrowLeft", "capabilities-vmware@17", `capabilities-${KVM}`),
      ArrowRight: moves("ArrowRight", "capabilities-metal", `capabilities-${KVM}`),
      ArrowUp: moves("ArrowUp", "xsaves-control-metal", "capabilities-metal"),
      ArrowDown: moves("ArrowDown", "capabilities-metal", "xsaves-control-metal"),
      Home: moves("Home", "capabilities-vmware@17", "capabilities-metal"),
      End: moves("End", "capabilities-metal", "capabilities-vmware@17"),
      "/": focuses("/", "query"),
      Enter: async (page) => {
        await page.locator(`[data-key="cell-xsaves-control-${KVM}"]`).focus();
        await page.keyboard.press("Enter");
        await page.locator(".trace-row.current").waitFor();
        await expect.poll(() => address(page)).toContain("#/compare/xsaves-control?left=metal");
      },
    },
  },
  compare: {
    hash: `#/compare/vmx-instruction-errors?left=metal&right=${KVM}`,
    ready: ".trace-row.current",
    effects: {
      n: steps("n", 1, row),
      p: steps("p", -1, row),
      j: steps("j", 1, row),
      k: steps("k", -1, row),
      "/": focuses("/", "trace-search"),
      i: async (page) => {
        await page.keyboard.press("i");
        await page.locator(".instruction").first().waitFor();
        await page.keyboard.press("i");
        await page.locator(".instruction").first().waitFor({ state: "detached" });
      },
      e: async (page) => {
        const saved = page.waitForEvent("download");
        await page.keyboard.press("e");
        expect((await saved).suggestedFilename()).toMatch(/\.json$/);
      },
      Enter: async (page) => {
        const rows = page.locator(".trace-body .trace-row");
        const before = await rows.count();
        await page.locator(".trace-fold button").first().focus();
        await page.keyboard.press("Enter");
        await expect.poll(() => rows.count()).toBeGreaterThan(before);
      },
    },
  },
  structures: {
    hash: "#/structures/xsaves-control?on=ideal&at=0",
    ready: ".structure-table",
    effects: {
      n: steps("n", 1, moment),
      p: steps("p", -1, moment),
      j: steps("j", 1, moment),
      k: steps("k", -1, moment),
      ArrowRight: onSlider(steps("ArrowRight", 1, moment)),
      ArrowLeft: onSlider(steps("ArrowLeft", -1, moment)),
      "/": focuses("/", "field-search"),
    },
  },
  walk: {
    hash: "#/walk/ept-walk?on=ideal&at=603",
    ready: ".walk-moment",
    effects: { j: steps("j", 1, walkedEvent), k: steps("k", -1, walkedEvent) },
  },
  quirks: {
    hash: "#/quirks",
    ready: ".quirk-entry",
    effects: { "/": focuses("/", "quirk-search") },
  },
};

describe.skipIf(chromium === null)("every key that the help tells of does what it says", () => {
  const dashboard = useDashboard(createFakeLab);

  test.each(KEYS.map((group) => ({ ...group, place: group.view ?? "everywhere" })))(
    "$title",
    async ({ place, keys }) => {
      const told = keys.flatMap((help) => help.keys);
      const { hash, ready, effects } = JOURNEYS[place]!;
      expect(Object.keys(effects).sort()).toEqual([...told].sort());
      await dashboard.visit(hash, async (page) => {
        await page.locator(ready).first().waitFor();
        await settled(page);
        for (const key of Object.keys(effects)) await effects[key]!(page);
      });
    },
  );
});
