import type { Page } from "playwright-core";

/** Waits until a view has all that it asked for: the page says so with `aria-busy`. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main[aria-busy="false"]:not(:has([aria-busy="true"]))').waitFor();
}
