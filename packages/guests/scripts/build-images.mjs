// Assembles src/asm/*.asm into images/*.elf. The images are committed; run this after changing a source.
//
//   node scripts/build-images.mjs [--out DIR] [NAME…]
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, "src/asm");

export function nasmVersion() {
  const result = spawnSync("nasm", ["-v"], { encoding: "utf8" });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** The names of all images that have a source. */
export function imageNames() {
  return readdirSync(sources)
    .filter((name) => name.endsWith(".asm"))
    .map((name) => name.slice(0, -".asm".length))
    .sort();
}

/** Assembles one image; throws with the assembler's own words if that fails. */
export function buildImage(name, outputDirectory) {
  const output = join(outputDirectory, `${name}.elf`);
  const result = spawnSync(
    "nasm",
    ["-f", "bin", "-Werror", "-I", `${join(sources, "include")}/`, "-o", output, join(sources, `${name}.asm`)],
    { encoding: "utf8" },
  );
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`nasm failed on ${name}.asm:\n${result.stderr}`);
  return output;
}

function main() {
  const { values, positionals } = parseArgs({ options: { out: { type: "string" } }, allowPositionals: true });
  if (nasmVersion() === undefined) {
    console.error("nasm is not installed; the committed images in images/ are used as they are");
    process.exit(2);
  }
  const output = values.out ?? join(root, "images");
  mkdirSync(output, { recursive: true });
  for (const name of positionals.length > 0 ? positionals : imageNames()) console.log(buildImage(name, output));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
