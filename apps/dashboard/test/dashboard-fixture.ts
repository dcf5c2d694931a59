import type { Lab } from "@hvdiff/lab";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { type RunningServer, startServer } from "../server/index.ts";
import { findChromium, launch, openPage } from "./browser.ts";
import { buildPage } from "./build-page.ts";

export const chromium = findChromium();

/** The built page, a server for it and a browser, for the tests of one file. */
export interface Fixture {
  readonly server: RunningServer;
  readonly browser: Browser;
  /** Folder of the built page. */
  readonly web: string;
  /** Opens a permalink in a browser context of its own, and expects nothing in the console. */
  visit(hash: string, work: (page: Page) => Promise<void>): Promise<void>;
}

/** Builds, serves and launches before the tests of a `describe`, and takes everything away behind them. */
export function useDashboard(createLab: () => Lab): Fixture {
  let [web, server, browser]: [string | null, RunningServer | null, Browser | null] = [null, null, null];
  beforeAll(async () => {
    web = await buildPage();
    server = await startServer({ port: 0, lab: createLab(), webDirectory: web });
    browser = await launch(chromium ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  const there = <T>(value: T | null): T => {
    if (value === null) throw new Error("the dashboard is there within tests only");
    return value;
  };
  return {
    get server() {
      return there(server);
    },
    get browser() {
      return there(browser);
    },
    get web() {
      return there(web);
    },
    async visit(hash, work) {
      const { page, complaints } = await openPage(there(browser));
      await page.goto(there(server).url + hash);
      await work(page);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  };
}
