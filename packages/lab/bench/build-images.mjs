// Assembles images/*.asm and compiles images/*/*.c into images/*.elf with what the bundled guests share. The images are committed; run this after changing a source.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const images = fileURLToPath(new URL("images/", import.meta.url));
const compiler = fileURLToPath(new URL("../../guests/scripts/build-programs.mjs", import.meta.url));
const include = fileURLToPath(new URL("../../guests/src/asm/include/", import.meta.url));

for (const source of readdirSync(images).filter((name) => name.endsWith(".asm"))) {
  const output = `${images}${source.replace(/asm$/, "elf")}`;
  const arguments_ = ["-f", "bin", "-Werror", "-I", include, "-o", output, `${images}${source}`];
  const { status, error } = spawnSync("nasm", arguments_, { stdio: "inherit" });
  if (error || status !== 0) process.exit(1);
  console.log(output);
}

for (const folder of readdirSync(images, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  const arguments_ = [compiler, "--out", images, `${images}${folder.name}`];
  if (spawnSync(process.execPath, arguments_, { stdio: "inherit" }).status !== 0) process.exit(1);
}
