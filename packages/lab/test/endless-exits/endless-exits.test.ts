import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ColumnResult, createLab } from "../../src/index.ts";

const OLD = "kvm@5.4+qemu@4.2/qemu64/svm=on";
const CPUS = { svm: "zen2", vmx: "skylake-client" } as const;

/** The image whose L1 answers faults of its second stage in one of the ways that `reenter.inc` names. */
function columnsOf(image: "svm" | "vmx", variant: number, columns: readonly string[]): readonly ColumnResult[] {
  const bytes = readFileSync(new URL(`${image}-reenter.elf`, import.meta.url));
  bytes[bytes.indexOf("reenter\0") + 8] = variant;
  return createLab().diff({ name: "reenter", image: new Uint8Array(bytes) }, columns, { cpu: CPUS[image] }).columns;
}

describe("an L1 that enters L2 again and again", () => {
  test.each([
    ["svm", ["metal", "kvm@6.6"], "reason NPF, info1 0x100000004, info2 0x40100000"],
    ["vmx", ["metal", "ideal"], "reason EPT_VIOLATION, qualification 0x581, guestPhysicalAddress 0x40100000"],
  ] as const)("on %s is a loop, told with its exit, soon", (image, columns, exit) => {
    // One by one: nothing is compared, so no cause is looked for.
    for (const { column, outcome } of columns.flatMap((each) => columnsOf(image, 0, [each]))) {
      expect(outcome, column).toMatchObject({ kind: "loop" });
      expect(outcome.text).toMatch(new RegExp(`enters it again and again, 10\\d\\d exits so far, the last ${exit}`));
    }
  });

  test.each([
    ["svm", 1, "counts", ["metal", "ideal"]],
    ["svm", 2, "looks at the clock", ["metal", "ideal"]],
    ["vmx", 1, "counts", ["ideal"]],
    ["vmx", 2, "looks at the clock", ["metal"]],
  ] as const)("on %s is none where it (%i) %s", (image, variant, _, columns) => {
    for (const { column, outcome } of columns.flatMap((each) => columnsOf(image, variant, [each])))
      expect(`${column}: ${outcome.text}`).toBe(`${column}: exit 0`);
  });

  test("the lock-up of 1-GiB pages has its cause", () => {
    const [metal, old] = columnsOf("svm", 3, ["metal", OLD]);
    expect(metal!.outcome).toMatchObject({ kind: "exit" });
    expect(old!.outcome.text).toMatch(/the last reason NPF, info1 0x10000000d, info2 0x40100000/);
    expect(old!.differences).toMatchObject([
      { here: "loop", cause: { quirks: [{ id: "kvm/svm/gigabyte-nested-pages-by-cpuid" }] } },
    ]);
  });
});
