// Compiles programs/NAME/*.c, or another folder of C sources, once as an image for a machine without an operating system and once as a
// Linux program. The images are committed; run this after changing a source.
//
//   node scripts/build-programs.mjs [--out DIR] [--linux] [FOLDER…]
//
// --linux: the Linux program only. Without a folder: all of programs/, and what each prints natively is recorded beside its image.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const programs = join(root, "programs");
const runtime = join(programs, "runtime");
const COMPILER =
  "-std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -fno-pic -fno-pie -mcmodel=small -mno-red-zone -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -march=x86-64 -msse2 -mfpmath=sse -ffp-contract=off -fno-math-errno -fno-strict-aliasing -fno-tree-loop-distribute-patterns".split(
    " ",
  );

function run(command, ...words) {
  const { status, stdout, stderr, error } = spawnSync(command, words, { encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${words.join(" ")}: ${stderr}`);
  return stdout;
}

function compile(sources, scratch) {
  return sources.map((source) => {
    const object = join(scratch, `${basename(source, ".c")}.o`);
    run("gcc", ...COMPILER, "-I", runtime, "-c", "-o", object, source);
    return object;
  });
}

function linkLinux(objects, output, scratch) {
  const start = compile([join(runtime, "start-linux.c")], scratch);
  run("ld", "-m", "elf_x86_64", "-static", "-s", "-z", "noexecstack", "-o", output, ...start, ...objects);
}

function linkBare(name, objects, output, scratch) {
  const start = join(scratch, "start-bare.o");
  const include = `${join(root, "src/asm/include")}/`;
  const define = `-DPROGRAM_NAME="${name}"`;
  run("nasm", "-f", "elf64", "-Werror", "-I", include, define, "-o", start, join(runtime, "start-bare.asm"));
  const linked = join(scratch, "linked.elf");
  const options = ["-m", "elf_x86_64", "-n", "-z", "max-page-size=0x1000", "-T", join(runtime, "bare.ld")];
  run("ld", ...options, "-o", linked, start, ...objects);
  // Loaders of multiboot 1 take ELF32 only; the code stays 64-bit.
  run("objcopy", "--strip-all", "-O", "elf32-i386", linked, output);
}

function build(folder, { out, linux }, record) {
  const name = basename(folder);
  const scratch = mkdtempSync(join(tmpdir(), "hvdiff-program-"));
  try {
    const sources = readdirSync(folder).filter((file) => file.endsWith(".c"));
    const paths = [...sources.sort().map((file) => join(folder, file)), join(runtime, "memory.c")];
    const objects = compile(paths, scratch);
    const native = join(linux ? (out ?? folder) : scratch, name);
    linkLinux(objects, native, scratch);
    if (linux) return console.log(native);
    const image = join(out ?? folder, `${name}.elf`);
    linkBare(name, objects, image, scratch);
    chmodSync(image, 0o644);
    console.log(image);
    if (record) writeFileSync(join(out ?? folder, `${name}.expected.txt`), run(native));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const { values, positionals } = parseArgs({
  options: { out: { type: "string" }, linux: { type: "boolean" } },
  allowPositionals: true,
});
const all = readdirSync(programs).filter((name) => name !== "runtime");
const folders = positionals.length > 0 ? positionals : all.map((name) => join(programs, name));
for (const folder of folders) build(resolve(folder), values, positionals.length === 0);
