import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runForTest } from "./run-for-test.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hvdiff-cli-"));
  writeFileSync(join(folder, "empty"), "");
  writeFileSync(join(folder, "guest"), "image");
  mkdirSync(join(folder, "folder"));
});

afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["dif", 'no command is called "dif" (nearest: diff)'],
  ["--on metal", "a command comes first, then options; there is no option --on (there are --help, --version)"],
  ["diff", "no guest is named: give a bundled scenario or the path of an image"],
  ["diff capabilites", "capabilites: neither a bundled scenario nor a file (nearest: capabilities)"],
  ["diff zzz", "zzz: neither a bundled scenario nor a file; `hvdiff scenarios` lists the bundled ones"],
  ["diff capabilities more", 'diff: unexpected argument "more"'],
  ["diff capabilities --on metal", "--on: one column has nothing to be compared with; write --on metal,metal"],
  ["overview --on ideal", "--on: one column has nothing to be compared with; write --on metal,ideal"],
  ["diff capabilities --on metal,kvn@6.1", 'no personality is called "kvn@6.1"; nearest: kvm'],
  [
    "overview --filter is:diferent",
    '--filter: “diferent” is none of different, same, explained, unexplained, at character 4 of "is:diferent"',
  ],
  ["diff capabilities --filter (is:same", '--filter: this parenthesis is not closed, at character 1 of "(is:same"'],
  ["diff capabilities --memory lots", '--memory: "lots" is not a size; write 64M, 1G or 4096K'],
  ["diff capabilities --firmware uefi", '--firmware: "uefi" is not one of none, seabios, ovmf'],
  ["diff capabilities --quirk kvm/x", '--quirk: "kvm/x" must start with + (on) or - (off)'],
  ["diff capabilities --fromat json", "diff has no option --fromat (nearest: --format)"],
  ["run capabilities --on metal,ideal", "run: --on takes one column; `hvdiff diff` takes several"],
  ["run capabilities --trace jsonl --format json", "run: --trace and --format exclude each other"],
  ["run -kernel a b", "run: -kernel and GUEST exclude each other"],
  ["run -kernel nowhere.elf", "nowhere.elf: no such file or directory"],
  ["run x.bin --entry here", '--entry: "here" is not an address; write 0x7c00, 1M or 31744'],
  ["run x.bin --mode 33", '--mode: "33" is not one of 16, 32, 64 (nearest: 32, 16, 64)'],
  ["run capabilities --boot pvh --entry 0", "--boot pvh: --entry, --load and --mode are for flat images"],
  ["run capabilities -smp zero", '--smp: "zero" is not a number of processors'],
  ["run capabilities -initrd nowhere", "nowhere: no such file or directory"],
  ["run capabilities -initrd ,", '--initrd: a file name is missing in ","'],
  ["run capabilities --serial pipe", '--serial: "pipe" is not one of stdio, none, file:PATH'],
  [
    "run capabilities -device e1000",
    "-device e1000: this PC has no such device; it has isa-debug-exit, isa-debugcon, pci-testdev, hyperv-testdev, pc-testdev",
  ],
  ["run capabilities -S", "--stopped without --gdb: nobody could let the guest go"],
  ["run capabilities --gdb 99999", '--gdb: "99999" is not a port number from 0 to 65535'],
  ["run capabilities -s --trace text", "run: --trace and --gdb exclude each other"],
  ["caps", "caps: no column is named; write for example `hvdiff caps kvm@6.1`"],
  ["explain", "explain: no quirk is named; `hvdiff quirks` lists them"],
  ["explain leaf-od", 'no quirk is called "leaf-od" (nearest: vmware/cpuid/leaf-0d)'],
  ["serve --port 99999", '--port: "99999" is not a port number from 0 to 65535'],
  ["help dif", 'no command is called "dif" (nearest: diff)'],
])("hvdiff %s: one clear line and exit code 2", async (line, message) => {
  expect(await runForTest(line.split(" "))).toEqual({ code: 2, stdout: "", stderr: `hvdiff: ${message}\n` });
});

test.each([
  ["missing.elf", "no such file or directory"],
  ["folder/", "is a directory, not a guest image"],
  ["empty", "is empty"],
])("a guest that is %s: %s", async (name, reason) => {
  const path = join(folder, name);
  const { code, stderr } = await runForTest(["diff", path]);
  expect(stderr).toBe(`hvdiff: ${path}: ${reason}\n`);
  expect(code).toBe(2);
});

test("a device is not read for ever", async () => {
  const { stderr } = await runForTest(["diff", "/dev/zero"]);
  expect(stderr).toBe("hvdiff: /dev/zero: is a device, not a guest image\n");
});

test("a line break in a file's name does not make two lines of the message", async () => {
  const { stderr } = await runForTest(["diff", "./no\n\u001b[31mfile"]);
  expect(stderr).toBe("hvdiff: ./no \\x1b[31mfile: no such file or directory\n");
});

test.each([
  ["missing/report.json", "no such file or directory"],
  ["folder", "is a directory"],
  ["guest/report.json", "part of the path is not a directory"],
])("--output %s: %s", async (name, reason) => {
  const path = join(folder, name);
  const { code, stdout, stderr } = await runForTest(["scenarios", "-o", path]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toBe(`hvdiff: cannot write ${path}: ${reason}\n`);
});

test("--output writes everything, through a symbolic link, and leaves nothing beside it", async () => {
  const place = join(folder, "out");
  mkdirSync(place);
  writeFileSync(join(place, "report.json"), "old");
  symlinkSync("report.json", join(place, "link"));
  const { stdout } = await runForTest(["scenarios", "--format", "json", "--output", join(place, "link")]);
  expect(stdout).toBe("");
  expect(JSON.parse(readFileSync(join(place, "report.json"), "utf8"))).toMatchObject({ schemaVersion: 1 });
  expect(readdirSync(place).sort()).toEqual(["link", "report.json"]);
});

test("a failing run leaves an existing output file as it was", async () => {
  const path = join(folder, "kept");
  writeFileSync(path, "old");
  await runForTest(["diff", "capabilities", "--on", "metal,nope@1", "-o", path]);
  expect(readFileSync(path, "utf8")).toBe("old");
  await runForTest(["diff", "capabilities", "--on", "metal,nope@1", "-o", `${path}-not`]);
  expect(existsSync(`${path}-not`)).toBe(false);
});

test("a port in use is one clear line", async () => {
  const startServer = async () => {
    throw Object.assign(new Error("port 8080 on 127.0.0.1 is in use"), { name: "UsageError" });
  };
  const { code, stderr } = await runForTest(["serve", "--port", "8080"], { startServer });
  expect(stderr).toBe("hvdiff: port 8080 on 127.0.0.1 is in use\n");
  expect(code).toBe(2);
});

test("a dashboard that is not built is said to be so", async () => {
  const startServer = async () => {
    throw Object.assign(new Error("Cannot find module"), { code: "ERR_MODULE_NOT_FOUND" });
  };
  const { code, stderr } = await runForTest(["serve"], { startServer });
  expect(stderr).toBe("hvdiff: serve: the dashboard is not built; run `npm start` first\n");
  expect(code).toBe(2);
});
