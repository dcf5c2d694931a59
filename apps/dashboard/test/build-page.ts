import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const CONFIG = fileURLToPath(new URL("../web/vite.config.ts", import.meta.url));
const SOURCES = ["../web", "../../../packages/charts/src", "../../../packages/query/src"];
const PREFIX = "hvdiff-page-";
const LOOK_MS = 50;

/**
 * Builds the page as it is now and says where, so that no test looks at an old build. All test files of a process share it; whoever comes first builds,
 * and takes away what processes before this one have left.
 */
export async function buildPage(): Promise<string> {
  const place = join(tmpdir(), `${PREFIX}${process.pid}-${newest()}`);
  const page = join(place, "page");
  if (claim(place)) {
    sweep();
    const outDir = join(place, "new");
    try {
      await build({ configFile: CONFIG, logLevel: "warn", build: { outDir, emptyOutDir: true } });
    } catch (error) {
      rmSync(place, { recursive: true });
      throw error;
    }
    renameSync(outDir, page);
  }
  while (!existsSync(page)) {
    if (!existsSync(place)) throw new Error("the page could not be built: another test file says why");
    await delay(LOOK_MS);
  }
  return page;
}

/** When a source was changed last. */
function newest(): number {
  const times = SOURCES.flatMap((source) => {
    const folder = fileURLToPath(new URL(source, import.meta.url));
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).map(
      (name) => statSync(join(folder, name)).mtimeMs,
    );
  });
  return Math.round(Math.max(...times));
}

function claim(place: string): boolean {
  try {
    mkdirSync(place);
    return true;
  } catch {
    return false;
  }
}

function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(name.slice(PREFIX.length).split("-")[0]);
    if (name.startsWith(PREFIX) && !isAlive(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  return existsSync("/proc/self") ? existsSync(`/proc/${pid}`) : true;
}
