/*
 * What the page bears: the first paint, and how long it takes to show what a click or a key asks for, with 5,000 matrix cells and a trace of 100,000
 * events. Made-up results of that size come through the real server into a real Chromium.
 * npx tsx --conditions=@hvdiff/source apps/dashboard/bench/page.ts
 */
import { rmSync } from "node:fs";
import { loadavg } from "node:os";
import type { Lab } from "@hvdiff/lab";
import type { Page } from "playwright-core";
import { startServer } from "../server/index.ts";
import { findChromium, launch, openPage } from "../test/browser.ts";
import { buildPage } from "../test/build-page.ts";
import { createFakeLab } from "../test/fake/fake-lab.ts";
import { fakeRows } from "../test/fake/traces.ts";

const SCENARIOS = 250;
const COLUMNS = 20;
const EVENTS = 100_000;
const VISITS = 5;
const TRIES = 3;

/** The made-up lab, larger: each scenario many times, many columns, a long trace. */
function largeLab(): Lab {
  const fake = createFakeLab();
  const known = fake.scenarios();
  const nameOf = (index: number) => `${known[index % known.length]?.id}-${index}`;
  const original = (id: string) => id.replace(/-\d+$/, "");
  const columns = Array.from({ length: COLUMNS }, (_, index) =>
    index === 0 ? "metal" : `${["kvm", "virtualbox", "vmware"][index % 3]}@${4 + Math.floor(index / 3)}.${index}`,
  );
  const scenarios = Array.from({ length: SCENARIOS }, (_, index) => ({
    ...known[index % known.length]!,
    id: nameOf(index),
  }));
  return {
    ...fake,
    scenarios: () => scenarios,
    defaultColumns: () => columns,
    matrixRow(id, on, options) {
      const row = fake.matrixRow(original(id), on, options);
      return { ...row, rows: row.rows.map((cells) => ({ ...cells, scenario: { ...cells.scenario, id } })) };
    },
    compare: (_guest, left, right, options) => ({
      ...fake.compare({ scenario: "xsaves-control" }, left, right, options),
      rows: fakeRows(EVENTS, 83),
    }),
  };
}

/** Milliseconds from an input to the frame that shows the last change it made. Runs in the page. */
function inputToPaint([kind, what]: readonly [string, string]): Promise<number> {
  return new Promise((resolve) => {
    const start = performance.now();
    let painted = start;
    const watch = new MutationObserver(() =>
      requestAnimationFrame(() => setTimeout(() => (painted = performance.now()))),
    );
    watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    const element = kind === "key" ? document.activeElement : document.querySelector<HTMLElement>(what);
    if (kind === "key") element?.dispatchEvent(new KeyboardEvent("keydown", { key: what, bubbles: true }));
    else if (element instanceof HTMLSelectElement) {
      element.selectedIndex = (element.selectedIndex + 1) % element.options.length;
      element.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (kind === "type" && element instanceof HTMLInputElement) {
      element.value = element.value === "" ? "kvm:!metal" : "";
      element.dispatchEvent(new Event("input", { bubbles: true }));
    } else (element as HTMLElement | null)?.click();
    setTimeout(() => {
      watch.disconnect();
      resolve(painted - start);
    }, 600);
  });
}

const MATRIX = [
  ["click", "[data-key=only-differences]", "only differences"],
  ["change", "[data-key=group]", "group by"],
  ["change", "[data-key=sort]", "sort by"],
  ["type", "[data-key=query]", "query"],
  ["key", "ArrowDown", "arrow key"],
] as const;

const TRACE = [
  ["key", "n", "next difference"],
  ["key", "j", "next row"],
  ["click", ".trace-map", "a place of the map"],
  ["type", "[data-key=trace-search]", "find events"],
  ["click", ".timeline-tools [aria-label='Zoom in']", "zoom in"],
  ["click", ".timeline-tools [aria-label='Zoom out']", "zoom out"],
] as const;

async function measure(page: Page, inputs: typeof MATRIX | typeof TRACE): Promise<void> {
  for (const [kind, what, name] of inputs) {
    const times: number[] = [];
    for (let round = 0; round < TRIES; round++) times.push(await page.evaluate(inputToPaint, [kind, what] as const));
    times.sort((one, other) => one - other);
    console.log(
      `  ${name}: median ${times[Math.floor(TRIES / 2)]?.toFixed(0)} ms, worst ${times.at(-1)?.toFixed(0)} ms`,
    );
  }
}

const web = await buildPage();
const server = await startServer({ port: 0, lab: largeLab(), webDirectory: web });
const browser = await launch(findChromium() ?? "");
const paints: number[] = [];
for (let visit = 0; visit < VISITS; visit++) {
  const { page } = await openPage(browser);
  await page.goto(`${server.url}#/quirks`);
  await page.locator(".quirk-entry").first().waitFor();
  paints.push(
    await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN),
  );
  await page.context().close();
}
paints.sort((one, other) => one - other);
console.log(`first contentful paint of ${VISITS}: ${paints.map((time) => time.toFixed(0)).join(", ")} ms`);
const { page } = await openPage(browser);
page.setDefaultTimeout(60_000);
await page.goto(`${server.url}#/matrix?all=1`);
const matrixAt = performance.now();
await page.waitForFunction(() => {
  const text = document.querySelector(".matrix .summary")?.textContent ?? "";
  return text.includes(" differ") && !text.includes("Running");
});
console.log(`matrix of ${SCENARIOS * COLUMNS} cells, whole after ${(performance.now() - matrixAt).toFixed(0)} ms`);
await page.locator(".matrix-table .cell a").first().focus();
await page.waitForTimeout(1000);
await measure(page, MATRIX);
await page.goto(`${server.url}#/compare/xsaves-control-1?left=metal&right=kvm@4.1`);
await page.locator(".trace-row.current").waitFor();
await page.locator(".timeline summary").click();
console.log(`trace of ${EVENTS} events`);
await measure(page, TRACE);
console.log(`load ${loadavg()[0]?.toFixed(1)}`);
await browser.close();
await server.close();
rmSync(web, { recursive: true });
