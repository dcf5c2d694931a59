import { readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { VERSION } from "@hvdiff/lab";
import { sha256 } from "./files.ts";

/**
 * Which build of the lab is running: names, sizes and times of the files of it and its neighbours. Answers are kept under it, so that none outlives
 * the code that gave it.
 */
export function labFingerprint(): string {
  const packages = dirname(dirname(createRequire(import.meta.url).resolve("@hvdiff/lab/package.json")));
  const lines = readdirSync(packages).flatMap((name) => [
    ...filesUnder(join(packages, name, "dist")),
    ...filesUnder(join(packages, name, "images")),
  ]);
  return sha256([VERSION, ...lines.sort()].join("\n"));
}

function filesUnder(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((name) => {
      const stat = statSync(join(folder, name));
      return stat.isFile() ? [`${folder}/${name} ${stat.size} ${stat.mtimeMs}`] : [];
    });
  } catch {
    return [];
  }
}
