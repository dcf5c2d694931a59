import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runForTest } from "./run-for-test.ts";

const folder = mkdtempSync(join(tmpdir(), "hvdiff-check-vmcs-"));
const file = join(folder, "dmesg.txt");
const empty = join(folder, "empty.txt");
writeFileSync(file, "*** Guest State ***\n");
writeFileSync(empty, "nothing");
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["metal", 0],
  ["metal,vmware@17", 0],
  ["metal,kvm@6.1", 1],
])("check-vmcs --on %s: exit code %i", async (columns, code) => {
  expect((await runForTest(["check-vmcs", file, "--on", columns])).code).toBe(code);
});

test("prints the outcome and the failing checks of each column", async () => {
  const { stdout } = await runForTest(["check-vmcs", file, "--on", "metal,kvm@6.1,vmware@17"]);
  expect(stdout).toBe(
    [
      "VMCS 1  1 field, silicon skylake-client",
      "    metal  enters",
      "    kvm@6.1  VMfail 8",
      "      host.cr0.fixed",
      '          3C "Checks on Host Control Registers, MSRs, and SSP"',
      "    vmware@17  enters",
      "",
    ].join("\n"),
  );
});

test("prints the same as Markdown and as JSON lines", async () => {
  const markdown = await runForTest(["check-vmcs", file, "--on", "metal,kvm@6.1", "--format", "md"]);
  expect(markdown.stdout).toContain("| `kvm@6.1` | VMfail 8 | `host.cr0.fixed` |");
  const lines = await runForTest(["check-vmcs", file, "--on", "metal,kvm@6.1", "--format", "jsonl"]);
  expect(
    lines.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).outcome),
  ).toEqual(["enters", "VMfail 8"]);
});

test.each([
  [["check-vmcs"], "no file is named"],
  [["check-vmcs", join(folder, "absent")], "absent: "],
  [["check-vmcs", empty, "--on", "metal"], "empty.txt: no VMCS is in the file"],
])("%j is refused with one line", async (argv, text) => {
  const { code, stderr } = await runForTest(argv);
  expect(code).toBe(2);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain(text);
});
