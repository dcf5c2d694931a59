import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Builds the page as it is now into a new folder of its own, so that no test looks at an old build. */
export async function buildPage(): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), "hvdiff-page-"));
  const configFile = fileURLToPath(new URL("../web/vite.config.ts", import.meta.url));
  await build({ configFile, logLevel: "warn", build: { outDir, emptyOutDir: true } });
  return outDir;
}
