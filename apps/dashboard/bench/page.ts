/*
 * What the page bears: the first paint, and how long it takes to show what a click or a key asks for, with 5,000 matrix cells and a trace of 100,000
 * events. Made-up results of that size come through the real server into a real Chromium.
 * npx tsx --conditions=@hvdiff/source apps/dashboard/bench/page.ts
 */
import { loadavg } from "node:os";
import type { Page } from "playwright-core";
import { startServer } from "../server/index.ts";
import { findChromium, launch, openPage } from "../test/browser.ts";
import { buildPage } from "../test/build-page.ts";
import { createLargeLab, LARGE } from "../test/fake/large-lab.ts";

const VISITS = 5;
const TRIES = 3;

/** Milliseconds from an input to the frame that shows the last change it made within the window. Runs in the page. */
function inputToPaint([kind, what]: readonly [string, string]): Promise<number> {
  const element = (kind === "key" ? document.activeElement : document.querySelector(what)) as HTMLElement;
  const tell = (event: Event) => element.dispatchEvent(event);
  const actions: Readonly<Record<string, () => void>> = {
    click: () => element.click(),
    key: () => tell(new KeyboardEvent("keydown", { key: what, bubbles: true })),
    change() {
      const select = element as HTMLSelectElement;
      select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
      tell(new Event("change", { bubbles: true }));
    },
    type() {
      const field = element as HTMLInputElement;
      const words = field.type === "search" ? "exit" : "kvm:!metal";
      field.value = field.value === "" ? words : "";
      tell(new Event("input", { bubbles: true }));
    },
    point() {
      const { left, top, width } = element.getBoundingClientRect();
      tell(new MouseEvent("click", { bubbles: true, clientX: left + width * Math.random(), clientY: top + 4 }));
    },
  };
  if (kind !== "key") element.scrollIntoView({ block: "center" });
  return new Promise((resolve) => {
    const start = performance.now();
    let painted = start;
    const isSeen = ({ target }: MutationRecord) => {
      const { top, bottom } = (target instanceof Element ? target : target.parentElement)!.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    };
    const watch = new MutationObserver((records) => {
      if (records.some(isSeen)) requestAnimationFrame(() => setTimeout(() => (painted = performance.now())));
    });
    watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    actions[kind]?.();
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
  ["point", ".trace-map", "a place of the map"],
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
const server = await startServer({ port: 0, lab: createLargeLab(), webDirectory: web });
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
// What runs in the page was compiled with calls of this.
await page.addInitScript("globalThis.__name = (named) => named");
await page.goto(`${server.url}#/matrix?all=1`);
const matrixAt = performance.now();
await page.waitForFunction(() => {
  const text = document.querySelector(".matrix .summary")?.textContent ?? "";
  return text.includes(" differ") && !text.includes("Running");
});
console.log(
  `matrix of ${LARGE.scenarios * LARGE.columns} cells, whole after ${(performance.now() - matrixAt).toFixed(0)} ms`,
);
await page.locator(".matrix-table .cell a").first().focus();
await page.waitForTimeout(1000);
await measure(page, MATRIX);
await page.goto(`${server.url}#/compare/xsaves-control-1?left=metal&right=kvm@4.1`);
await page.locator(".trace-row.current").waitFor();
await page.locator(".timeline summary").click();
console.log(`trace of ${LARGE.events} events`);
await measure(page, TRACE);
console.log(`load ${loadavg()[0]?.toFixed(1)}`);
await browser.close();
await server.close();
