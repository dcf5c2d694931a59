import { expect, test } from "vitest";
import { runForTest } from "./run-for-test.ts";

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";

test("prints counts and cycles, and that the cycles are a model", async () => {
  const { code, stdout } = await runForTest(["cost", "xsaves-control", "--on", `ideal,${KVM}`]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/nested entries +\d+ → [\d,]+ +\d+ → [\d,]+/);
  expect(stdout).toMatch(/^times metal \(model\) +\d/m);
  expect(stdout).toContain("predicted cycles are a model; counts are those of the run");
  expect(stdout).toContain("merge=2900 (assumed)");
});

test("prints JSON with every counter, and takes other figures", async () => {
  const argv = ["cost", "xsaves-control", "--on", "ideal", "--format", "json"];
  const plain = JSON.parse((await runForTest(argv)).stdout);
  const dearer = JSON.parse((await runForTest([...argv, "--cost", "merge=3900"])).stdout);
  const entries = plain.columns[0].counters["entries.l2"];
  expect(entries).toBeGreaterThan(0);
  expect(dearer.columns[0].cycles - plain.columns[0].cycles).toBe(1000 * entries);
});

test.each([
  [["cost", "xsaves-control"], "cost: no column is named"],
  [["cost", "xsaves-control", "--on", "ideal", "--cost", "merg=1"], 'unknown cost "merg"'],
])("%j is refused: %s", async (argv, message) => {
  const { code, stderr } = await runForTest(argv);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
