import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLab, type Lab, UsageError } from "@hvdiff/lab";
import { answer } from "../questions/lab-request.ts";
import { requestAt } from "../questions/request-at.ts";
import { builtPageDirectory } from "./serve-page.ts";

export interface ExportOptions {
  /** Where the site is written; made if it is not there, and must be empty. */
  readonly directory: string;
  /** Computes the answers that are saved; default: hvdiff's own lab. */
  readonly lab?: Lab;
  /** The built page and the built worker; default: where this package's build puts them. */
  readonly webDirectory?: string;
  readonly workerFile?: string;
  /** Told of each answer that was saved. */
  readonly progress?: (address: string) => void;
}

function builtWorkerFile(): string {
  const isSource = import.meta.url.endsWith(".ts");
  return fileURLToPath(new URL(isSource ? "../dist/static/lab-worker.js" : "../static/lab-worker.js", import.meta.url));
}

/** What the page asks before anything is chosen. */
function commonQuestions(lab: Lab): string[] {
  const rows = lab.scenarios().map(({ id }) => `api/v1/matrix/${encodeURIComponent(id)}`);
  return ["api/v1/scenarios", "api/v1/columns", "api/v1/quirks", "api/v1/caps", ...rows];
}

function copyPage(directory: string, web: string, worker: string): void {
  for (const [path, what] of [
    [join(web, "index.html"), "page"],
    [worker, "worker"],
  ] as const)
    if (!existsSync(path)) throw new UsageError(`the ${what} is not built; run “npm start” first`);
  mkdirSync(directory, { recursive: true });
  if (readdirSync(directory).length > 0) throw new UsageError(`${directory} is not empty`);
  cpSync(web, directory, { recursive: true });
  cpSync(worker, join(directory, "lab-worker.js"));
  const index = join(directory, "index.html");
  const saved = '<meta name="hvdiff-saved" content="1" />';
  writeFileSync(index, readFileSync(index, "utf8").replace("<head>", `<head>\n    ${saved}`));
}

/**
 * Writes a site that works from any file server, with no backend: the page, answers to what it asks first, and the lab as a worker that answers
 * everything else in the browser, so that every permalink resolves. Errors: `UsageError`.
 */
export function exportSite(options: ExportOptions): void {
  const { directory, lab = createLab(), progress } = options;
  copyPage(directory, options.webDirectory ?? builtPageDirectory(), options.workerFile ?? builtWorkerFile());
  mkdirSync(join(directory, "answers"));
  const files: Record<string, string> = {};
  for (const address of commonQuestions(lab)) {
    const file = `${Object.keys(files).length}.json`;
    writeFileSync(join(directory, "answers", file), JSON.stringify(answer(lab, requestAt(address))));
    files[address] = file;
    progress?.(address);
  }
  writeFileSync(join(directory, "answers", "index.json"), JSON.stringify(files));
}
