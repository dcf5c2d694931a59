import { describe, expect, test } from "vitest";
import { createLab } from "../src/index.ts";

const COLUMNS = ["kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on", "virtualbox@7.0", "vmware@17"];
const SCENARIOS = ["xsaves-control", "physical-address-width", "xsaves-late-launch"];

describe.each(SCENARIOS)("%s", (scenario) => {
  test("gives byte-identical JSON twice, whatever else was run before and in whatever order", () => {
    const lab = createLab();
    const together = lab.diff({ scenario }, ["metal", ...COLUMNS]);
    // As workers would finish: one column at a time, last first.
    const alone = new Map(
      [...COLUMNS].reverse().map((column) => [column, lab.diff({ scenario }, ["metal", column]).columns[1]]),
    );
    expect(JSON.stringify(lab.diff({ scenario }, ["metal", ...COLUMNS]))).toBe(JSON.stringify(together));
    for (const result of together.columns.slice(1)) {
      expect(JSON.stringify(alone.get(result.column))).toBe(JSON.stringify(result));
    }
  });
});

test("a run id changes with anything that decides what the run does", () => {
  const lab = createLab();
  const idOf = (column: string, options = {}) =>
    lab.diff({ scenario: "xsaves-control" }, [column], options).columns[0]!.runId;
  const ids = [
    idOf("metal"),
    idOf("ideal"),
    idOf("metal", { cpu: "icelake-server" }),
    idOf("metal", { firmware: "none" }),
    idOf("metal", { memory: 32 * 1024 * 1024 }),
    idOf("metal", { commandLine: "x" }),
    idOf("metal", { modules: [{ commandLine: "x", data: new Uint8Array(1) }] }),
    idOf("metal", { processors: 2 }),
    idOf("vmware@17"),
    idOf("vmware@17", { quirks: ["-vmware/vmx/no-vmcs-shadowing"] }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});
