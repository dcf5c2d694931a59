import { describe, expect, test } from "vitest";
import { runForTest } from "./run-for-test.ts";

const columns = "metal,ideal,kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on,vmware@17,broken@1";

describe("what people read", () => {
  test.each([
    ["overview"],
    ["diff xsaves-control"],
    ["diff xsaves-control --all --on metal,kvm@6.1"],
    ["diff xsaves-control --on metal,ideal"],
    ["caps kvm@6.1"],
    ["caps kvm@6.1 vmware@17 --all"],
    ["quirks"],
    ["quirks --on ideal"],
    ["explain named-model-omits-xsaves"],
    ["scenarios"],
    ["cpus"],
    ["run xsaves-control --on kvm@6.1"],
    ["run xsaves-control --trace text"],
    ["--help"],
    ["help diff"],
  ])("hvdiff %s", async (line) => {
    expect((await runForTest(line.split(" "))).stdout).toMatchSnapshot();
  });

  test.each([40, 60, 80, 100, 140])("a diff stays within %i cells", async (width) => {
    const { stdout } = await runForTest(["diff", "xsaves-control", "--on", columns], {
      terminalWidth: width,
      variables: { NO_COLOR: "1" },
    });
    // Ids and addresses are never broken, so that they can be copied.
    const copied = /^ +(https:\S+|\S+\/\S+ {2}\w+)$/;
    const tooWide = stdout.split("\n").filter((line) => [...line].length > width && !copied.test(line));
    expect(tooWide).toEqual([]);
  });

  test("a narrow diff is stacked, columns that agree told together", async () => {
    const { stdout } = await runForTest(["diff", "xsaves-control", "--on", columns], {
      terminalWidth: 50,
      variables: { NO_COLOR: "1" },
    });
    expect(stdout).toMatchSnapshot();
  });

  test("an unattributed difference is red and says so in words", async () => {
    const argv = ["diff", "xsaves-control", "--on", "metal,broken@1"];
    const { stdout } = await runForTest(argv, { variables: { FORCE_COLOR: "1" } });
    expect(stdout).toContain("\u001b[1;31m    ↳ UNATTRIBUTED: no set of quirks explains it");
    expect((await runForTest(argv)).stdout).not.toContain("\u001b");
  });

  test("the trace cannot smuggle control characters", async () => {
    expect((await runForTest(["run", "capabilities", "--trace", "text"])).stdout).not.toContain("\u001b");
  });
});

describe("Markdown", () => {
  test.each([
    ["overview --format md"],
    ["diff xsaves-control --format md"],
    ["caps kvm@6.1 --format md"],
    ["quirks --format md"],
    ["scenarios --format md"],
    ["run xsaves-control --format md"],
  ])("hvdiff %s", async (line) => {
    expect((await runForTest(line.split(" "))).stdout).toMatchSnapshot();
  });
});

describe("JSON", () => {
  const lines = ["overview", "diff xsaves-control", "caps kvm@6.1", "quirks", "scenarios", "cpus", "run capabilities"];

  test.each(lines)("hvdiff %s --format json is one document with a schema version and a newline", async (line) => {
    const { stdout } = await runForTest([...line.split(" "), "--format", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1 });
    expect(stdout.endsWith("}\n")).toBe(true);
  });

  test.each(lines)("hvdiff %s --format jsonl has a schema version in each line", async (line) => {
    const { stdout } = await runForTest([...line.split(" "), "--format", "jsonl"]);
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
    for (const record of records) expect(record).toMatchObject({ schemaVersion: 1 });
  });

  test("a diff's lines are its columns, each readable alone", async () => {
    const { stdout } = await runForTest(["diff", "xsaves-control", "--format", "jsonl"]);
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(records.map((record) => record.column)).toEqual(["metal", "ideal", "kvm@6.1", "vmware@17"]);
    expect(records[2]).toMatchObject({ reference: "metal", guest: { id: "xsaves-control" }, cpu: "skylake-client" });
  });

  test("the same command gives the same bytes", async () => {
    const once = await runForTest(["diff", "xsaves-control", "--format", "json"]);
    expect(await runForTest(["diff", "xsaves-control", "--format", "json"])).toEqual(once);
  });
});
