import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { isName } from "../../questions/names.ts";
import { writeWhole } from "./files.ts";

/** A folder of files under 64-digit names, with an index of their sizes; beyond its limit what was used longest ago goes. */
export interface Folder {
  read(name: string): Buffer | null;
  write(name: string, data: string | Uint8Array): void;
  remove(name: string): void;
  readonly names: readonly string[];
  sizeOf(name: string): number | null;
  readonly bytes: number;
}

/** Opens the folder, making it where it is missing. What a crash left half-written is removed. */
export function openFolder(path: string, mostBytes: number): Folder {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const sizes = new Map<string, number>();
  for (const { name, size } of entriesOf(path)) sizes.set(name, size);
  const bytes = () => [...sizes.values()].reduce((sum, size) => sum + size, 0);

  function remove(name: string): void {
    sizes.delete(name);
    rmSync(join(path, name), { force: true });
  }

  return {
    read(name) {
      const size = sizes.get(name);
      if (size === undefined) return null;
      sizes.delete(name);
      sizes.set(name, size);
      const data = readKept(join(path, name));
      if (data === null) remove(name);
      return data;
    },
    write(name, data) {
      if (!isName(name)) throw new Error(`not a name: ${name}`);
      writeWhole(join(path, name), data);
      sizes.delete(name);
      sizes.set(name, typeof data === "string" ? Buffer.byteLength(data) : data.length);
      for (let total = bytes(); total > mostBytes && sizes.size > 1; total = bytes()) remove([...sizes.keys()][0]!);
    },
    remove,
    get names() {
      return [...sizes.keys()];
    },
    sizeOf: (name) => sizes.get(name) ?? null,
    get bytes() {
      return bytes();
    },
  };
}

/** Oldest use first. */
function entriesOf(path: string): { name: string; size: number }[] {
  const files = readdirSync(path).map((name) => ({ name, stat: statSync(join(path, name)) }));
  for (const { name } of files) if (name.endsWith(".tmp")) rmSync(join(path, name), { force: true });
  return files
    .filter(({ name, stat }) => isName(name) && stat.isFile())
    .sort((one, other) => one.stat.mtimeMs - other.stat.mtimeMs)
    .map(({ name, stat }) => ({ name, size: stat.size }));
}

/** A file's bytes, which were used now; null where somebody removed it. */
function readKept(path: string): Buffer | null {
  try {
    const data = readFileSync(path);
    const now = new Date();
    utimesSync(path, now, now);
    return data;
  } catch {
    return null;
  }
}
