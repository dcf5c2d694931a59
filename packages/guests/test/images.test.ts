import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadImage, SCENARIOS } from "../src/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const ids = SCENARIOS.map((scenario) => scenario.id);
const IMAGE_BASE = 0x100000;
const MEMORY_LIMIT = 32 << 20;
const MULTIBOOT_MAGIC = 0x1badb002;

const stems = (folder: string, extension: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length))
    .sort();

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function findMultibootHeader(view: DataView): number {
  for (let offset = 0; offset <= 8192 - 12; offset += 4) {
    if (view.getUint32(offset, true) === MULTIBOOT_MAGIC) return offset;
  }
  return -1;
}

describe.each(ids)("image %s", (id) => {
  const image = loadImage(id);
  const view = viewOf(image);

  test("is an ELF32 file for the i386 with one segment that fits in 32 MiB", () => {
    expect([...image.slice(0, 7)]).toEqual([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
    expect(view.getUint16(16, true)).toBe(2);
    expect(view.getUint16(18, true)).toBe(3);
    expect(view.getUint16(44, true)).toBe(1);
    const header = view.getUint32(28, true);
    const [type, offset, virtual, physical, fileSize, memorySize] = Array.from({ length: 6 }, (_, index) =>
      view.getUint32(header + index * 4, true),
    );
    expect([type, offset, virtual, physical, fileSize]).toEqual([1, 0, IMAGE_BASE, IMAGE_BASE, image.length]);
    expect(memorySize).toBeGreaterThanOrEqual(image.length);
    expect(IMAGE_BASE + (memorySize ?? 0)).toBeLessThan(MEMORY_LIMIT);
    const entry = view.getUint32(24, true);
    expect(entry).toBeGreaterThan(IMAGE_BASE);
    expect(entry).toBeLessThan(IMAGE_BASE + image.length);
  });

  test("has a multiboot 1 header where loaders look for it", () => {
    const offset = findMultibootHeader(view);
    expect(offset).toBeGreaterThan(0);
    const flags = view.getUint32(offset + 4, true);
    expect((MULTIBOOT_MAGIC + flags + view.getUint32(offset + 8, true)) >>> 0).toBe(0);
  });

  test("carries its own name", () => {
    expect(Buffer.from(image).includes(Buffer.from(`${id}\n`))).toBe(true);
  });
});

test("sources, images, scenario files and SCENARIOS name the same", () => {
  const sorted = [...ids].sort();
  expect(stems("src/asm", ".asm")).toEqual(sorted);
  expect(stems("images", ".elf")).toEqual(sorted);
  expect(stems("src/scenarios", ".ts")).toEqual(sorted);
});

test.each(ids)("the bytes in the code are those of images/%s.elf", (id) => {
  const same = Buffer.compare(readFileSync(join(root, `images/${id}.elf`)), loadImage(id)) === 0;
  expect(same, "src/images-table.ts is older than images/; run scripts/build-images.mjs").toBe(true);
});

test("an unknown scenario is refused by name", () => {
  expect(() => loadImage("no-such")).toThrow('no bundled scenario is called "no-such"');
});

test("the metadata is complete: citations, verdict ids, each once", () => {
  for (const scenario of SCENARIOS) {
    expect(scenario.image).toBe(`${scenario.id}.elf`);
    expect(scenario.sdm.length + (scenario.apm?.length ?? 0)).toBeGreaterThan(0);
    for (const citation of [...scenario.sdm, ...(scenario.apm ?? [])]) expect(citation).toMatch(/^\d[A-D]? "[^"]+"$/);
    for (const verdict of scenario.expect) expect(verdict).toMatch(/^[a-z0-9.-]+$/);
    expect(new Set(scenario.expect).size).toBe(scenario.expect.length);
  }
});

const nasm = spawnSync("nasm", ["-v"], { encoding: "utf8" });

test("rebuilding gives the committed bytes", (context) => {
  if (nasm.status !== 0) return context.skip("nasm is not installed");
  const out = mkdtempSync(join(tmpdir(), "hvdiff-guests-"));
  try {
    const build = spawnSync("node", [join(root, "scripts/build-images.mjs"), "--out", out], { encoding: "utf8" });
    expect(build.stderr).toBe("");
    for (const id of ids) {
      const same = Buffer.compare(readFileSync(join(out, `${id}.elf`)), loadImage(id)) === 0;
      expect(same, `${id}: images/ is older than src/asm/; run scripts/build-images.mjs`).toBe(true);
    }
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
