import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createLab, type GuestConsole, type RunOptions } from "../src/index.ts";

const GUESTS = fileURLToPath(new URL("../../guests/", import.meta.url));
const WORKBENCH = join(GUESTS, "programs/workbench");
const expected = readFileSync(join(WORKBENCH, "workbench.expected.txt"), "utf8");
/** For machines that do a lot else: on an idle one this takes seconds. */
const PATIENCE = 300_000;
const BOUNDS: RunOptions = { maxInstructions: 200_000_000 };
const SILENT: GuestConsole = { serial: () => {}, debug: () => {} };

test(
  "a program of thousands of lines of compiled C prints on metal what it printed natively",
  () => {
    const image = new Uint8Array(readFileSync(join(WORKBENCH, "workbench.elf")));
    const { columns } = createLab().run({ name: "workbench", image }, "metal", BOUNDS, SILENT);
    expect(columns[0]!.serial).toBe(expected);
    expect(columns[0]!.outcome).toMatchObject({ kind: "exit", text: "exit 0" });
  },
  PATIENCE,
);

const tools = ["gcc", "ld"].every((tool) => spawnSync(tool, ["--version"]).status === 0);
const isLinux = process.platform === "linux" && process.arch === "x64";

test(
  "compiled anew as a Linux program it prints the same",
  (context) => {
    if (!tools || !isLinux) return context.skip("needs gcc and ld on x86-64 Linux");
    const out = mkdtempSync(join(tmpdir(), "hvdiff-workbench-"));
    try {
      const script = join(GUESTS, "scripts/build-programs.mjs");
      const build = spawnSync("node", [script, "--linux", "--out", out, WORKBENCH], { encoding: "utf8" });
      expect(build.stderr).toBe("");
      const { status, stdout } = spawnSync(join(out, "workbench"), { encoding: "utf8" });
      expect(status).toBe(0);
      expect(stdout).toBe(expected);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  },
  PATIENCE,
);
