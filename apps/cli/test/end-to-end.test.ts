import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const built = existsSync(here("../dist/main.js"));
const dashboardBuilt = existsSync(here("../../dashboard/dist/server/index.js"));
if (!built)
  console.warn(
    "apps/cli is not built (dist/main.js is missing): the end-to-end tests are skipped; run npm start first",
  );

let folder = "";

function hvdiff(...argv: string[]): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
  const environment = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };
  const { status, stdout, stderr } = spawnSync(process.execPath, [here("../bin/hvdiff.js"), ...argv], {
    cwd: folder,
    encoding: "utf8",
    env: environment,
    maxBuffer: 64 << 20,
  });
  return { code: status, stdout, stderr };
}

const ELF_MACHINE = 18;
const PROGRAM_HEADERS = 28;
const PHYSICAL_ADDRESS = 12;

/** A bundled image with a 16- or 32-bit word changed. */
function patched(edit: (view: DataView) => void): Uint8Array {
  const image = new Uint8Array(readFileSync(here("../../../packages/guests/images/capabilities.elf")));
  edit(new DataView(image.buffer, image.byteOffset, image.byteLength));
  return image;
}

/** A multiboot image (address fields given) of 32-bit code, which is loaded at 1 MiB and entered there. */
function multiboot(...code: number[]): Uint8Array {
  const base = 0x100000;
  const header = [0x1badb002, 0x10000, -(0x1badb002 + 0x10000), base, base, 0, 0, base + 32];
  const image = new Uint8Array(32 + code.length);
  const view = new DataView(image.buffer);
  header.forEach((word, index) => {
    view.setUint32(index * 4, word >>> 0, true);
  });
  image.set(code, 32);
  return image;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hvdiff-e2e-"));
  mkdirSync(join(folder, "folder"));
  writeFileSync(join(folder, "empty.elf"), "");
  writeFileSync(join(folder, "text.elf"), "This is not a guest image.\n".repeat(400));
  writeFileSync(
    join(folder, "arm.elf"),
    patched((view) => view.setUint16(ELF_MACHINE, 40, true)),
  );
  writeFileSync(join(folder, "truncated.elf"), patched(() => {}).subarray(0, 5000));
  writeFileSync(
    join(folder, "beyond.elf"),
    patched((view) => view.setUint32(view.getUint32(PROGRAM_HEADERS, true) + PHYSICAL_ADDRESS, 0x7ff00000, true)),
  );
  writeFileSync(join(folder, "loop.elf"), multiboot(0xeb, 0xfe));
  writeFileSync(join(folder, "halt.elf"), multiboot(0xfa, 0xf4));
  writeFileSync(join(folder, "triple.elf"), multiboot(0x0f, 0x0b));
  // mov dx, 0x3f8; mov al, 'A'; out dx, al; and a counter in memory for ever.
  const print = [0x66, 0xba, 0xf8, 0x03, 0xb0, 0x41, 0xee, 0xff, 0x05, 0, 0, 0x11, 0, 0xeb, 0xf8];
  writeFileSync(join(folder, "print.elf"), multiboot(...print));
  writeFileSync(join(folder, "exit7.elf"), multiboot(0xb0, 0x07, 0xe6, 0xf4, 0xf4));
});

afterAll(() => {
  if (folder !== "") rmSync(folder, { recursive: true });
});

describe.skipIf(!built)("bad input is one clear line and exit code 2", () => {
  test.each([
    [["diff", "missing.elf"], "missing.elf: no such file or directory"],
    [["diff", "./folder"], "./folder: is a directory"],
    [["diff", "empty.elf"], "empty.elf: is empty"],
    [["diff", "text.elf"], "text.elf"],
    [["diff", "arm.elf"], "arm.elf"],
    [["diff", "truncated.elf"], "truncated.elf"],
    [["diff", "beyond.elf"], "beyond.elf"],
    [["diff", "xsave-control"], "(nearest: xsaves-control)"],
    [["diff", "capabilities", "--on", "metal,kvn@6.1"], "kvm"],
    [["diff", "capabilities", "--on", "metal,kvm@6.123"], "kvm"],
    [["diff", "capabilities", "--on", "metal,kvm@6.1+qemu@8.2/Skylake-Clent"], "Skylake-Client"],
    [["diff", "capabilities", "--cpu", "skylake"], "skylake-client"],
    [["diff", "capabilities", "--quirk", "-qemu/vmx/named-model-omit-xsaves"], "qemu/vmx/named-model-omits-xsaves"],
    [["explain", "named-model-omit-xsaves"], "(nearest: qemu/vmx/named-model-omits-xsaves"],
    [["diff", "capabilities", "--memory", "much"], "--memory"],
    [["diff", "capabilities", "--formt", "json"], "(nearest: --format)"],
    [["dif", "capabilities"], "(nearest: diff)"],
    [["diff", "capabilities", "-o", "folder"], "cannot write folder: is a directory"],
    [["diff", "capabilities", "-o", "nowhere/report"], "cannot write nowhere/report: no such file or directory"],
  ])("hvdiff %j says %s", (argv, part) => {
    const { code, stdout, stderr } = hvdiff(...argv);
    expect(stderr).toMatch(/^hvdiff: [^\n]+\n$/);
    expect(stderr).toContain(part);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  test("nothing is left behind", () => {
    expect(readdirSync(folder).filter((name) => name.includes("tmp") || name === "report")).toEqual([]);
  });

  test.skipIf(!dashboardBuilt)("a port in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const child = spawn(process.execPath, [here("../bin/hvdiff.js"), "serve", "--port", `${port}`]);
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    server.close();
    expect(stderr).toBe(`hvdiff: port ${port} on 127.0.0.1 is in use\n`);
    expect(code).toBe(2);
  });
});

describe.skipIf(!built)("guests that end badly are outcomes", () => {
  test.each([
    ["loop.elf", 124, /loop|still running/],
    ["halt.elf", 124, /halted/],
    ["triple.elf", 125, /triple-fault at level 1, rip 0x[0-9a-f]+ \[0f ?0b/],
    ["exit7.elf", 7, /exit 7/],
  ])("%s: run returns %i", (name, expected, outcome) => {
    const { code, stderr } = hvdiff("run", name, "--max-instructions", "1M");
    expect(stderr).toMatch(outcome);
    expect(code).toBe(expected);
  });

  test("and a diff of one still finishes in every column", () => {
    const { code, stdout } = hvdiff("diff", "triple.elf", "--on", "metal,ideal", "--format", "jsonl");
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).outcome.kind),
    ).toEqual(["triple-fault", "triple-fault"]);
    expect(code).toBe(0);
  });
});

describe.skipIf(!built)("hvdiff-qemu", () => {
  const shim = (...argv: string[]) =>
    spawnSync(process.execPath, [here("../bin/hvdiff-qemu.js"), ...argv], { cwd: folder, encoding: "utf8" });

  test.each([
    ["exit7.elf", 15],
    ["halt.elf", 124],
    ["triple.elf", 0],
    ["missing.elf", 1],
  ])("-kernel %s has QEMU's exit status %i", (name, expected) => {
    const { status, stdout } = shim("-no-reboot", "-display", "none", "-serial", "stdio", "-kernel", name);
    expect({ status, stdout }).toEqual({ status: expected, stdout: "" });
  });

  test("answers as QEMU does when it is asked for its version", () => {
    expect(shim("-version").stdout).toMatch(/^QEMU emulator version \d+\.\d+\.\d+ /);
  });

  test("shows what the guest prints while the guest runs on", async () => {
    const argv = [here("../bin/hvdiff-qemu.js"), "-kernel", "print.elf"];
    const child = spawn(process.execPath, argv, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
    const first = await new Promise((resolve) => child.stdout.once("data", (data) => resolve(`${data}`)));
    expect([first, child.exitCode]).toEqual(["A", null]);
    child.kill();
    expect(await new Promise((resolve) => child.once("close", (_code, signal) => resolve(signal)))).toBe("SIGTERM");
  });
});

describe.skipIf(!built)("the built command", () => {
  test("finds the bundled guests from any folder", () => {
    const { code, stdout, stderr } = hvdiff("run", "capabilities");
    expect(stdout).toMatch(/^hvdiff guest capabilities\r?\n/);
    expect(stderr).toContain("exit 0");
    expect(code).toBe(0);
  });

  test("gives the same bytes twice", () => {
    const argv = ["diff", "xsaves-control", "--on", "metal,kvm@6.1,vmware@17", "--format", "json"];
    expect(hvdiff(...argv)).toEqual(hvdiff(...argv));
  });

  test("tells its version without loading the lab", () => {
    expect(hvdiff("--version").stdout).toMatch(/^hvdiff \d+\.\d+\.\d+\n$/);
    expect(readFileSync(here("../dist/main.js"), "utf8").length).toBeLessThan(200_000);
  });
});
