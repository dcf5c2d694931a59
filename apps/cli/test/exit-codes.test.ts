import { expect, test } from "vitest";
import { exitCodeOf } from "../src/exit-code.ts";
import { createFakeLab } from "./fake-lab.ts";
import { runForTest } from "./run-for-test.ts";

test.each([
  ["diff xsaves-control --on metal,ideal", 0],
  ["diff xsaves-control --on metal,kvm@6.1", 1],
  ["caps ideal", 0],
  ["caps kvm@6.1", 1],
  ["overview", 0],
  ["overview --on metal,broken@1", 1],
  ["quirks", 0],
  ["explain vmware/cpuid/leaf-0d", 0],
  ["scenarios", 0],
  ["serve --port 0", 0],
  ["run capabilities", 0],
  ["--help", 0],
  ["diff --help", 0],
  ["--version", 0],
])("hvdiff %s: %i", async (line, code) => {
  expect((await runForTest(line.split(" "))).code).toBe(code);
});

test.each([
  ["exit", "exit 0", 0],
  ["exit", "exit 7", 7],
  ["exit", "exit 257", 1],
  ["exit", "exit 256", 255],
  ["halted", "halted at level 1", 124],
  ["power-off", "power-off", 0],
  ["suspended", "suspended", 124],
  ["reset", "reset (hard)", 125],
  ["loop", "loop at level 1", 124],
  ["limit", "still running", 124],
  ["triple-fault", "triple-fault at level 1", 125],
  ["l0-error", "L0 stopped", 125],
  ["unimplemented", "unimplemented instruction", 126],
])("a guest that ends with %s (%s) makes run return %i", (kind, text, code) => {
  expect(exitCodeOf({ outcome: { kind, text }, suites: [] })).toBe(code);
});

const SUITE = { passed: 3, failed: 0, skipped: 0, expectedFailures: 0, complete: true, problems: [] };

test.each([
  ["all passed", "exit", "exit 0", {}, 0],
  ["a test failed, and the guest says so", "exit", "exit 1", { failed: 1 }, 1],
  ["a test failed although the guest leaves with 0", "exit", "exit 0", { failed: 1 }, 1],
  ["kvm-unit-tests has nothing to test", "exit", "exit 38", { skipped: 1 }, 38],
  ["kvm-unit-tests gave up", "exit", "exit 63", { failed: 1 }, 63],
  ["done, then halted", "halted", "halted at level 1", {}, 0],
  ["done with a failure, then halted", "loop", "loop at level 1", { failed: 2 }, 1],
  ["halted in the middle", "halted", "halted at level 1", { failed: 1, complete: false }, 124],
  ["crashed behind the end", "triple-fault", "triple-fault at level 1", {}, 125],
])(
  "a test suite, %s: %s makes run return another code than the guest's own where it must",
  (_what, kind, text, counts, code) => {
    const suites = [{ ...SUITE, format: "kvm-unit-tests" as const, ...counts }];
    expect(exitCodeOf({ outcome: { kind, text }, suites })).toBe(code);
  },
);

test("run passes the guest's code on and reports the outcome on stderr", async () => {
  const lab = createFakeLab();
  const { code, stdout, stderr } = await runForTest(["run", "capabilities", "--on", "vmware@17"], {
    createLab: async () => ({
      ...lab,
      run: (...args) => {
        const result = lab.run(...args);
        return {
          ...result,
          columns: result.columns.map((column) => ({ ...column, outcome: { kind: "exit", text: "exit 3" } })),
        };
      },
    }),
  });
  expect(code).toBe(3);
  expect(stdout).toMatch(/^hvdiff guest /);
  expect(stderr).toBe("vmware@17 (reported): exit 3\n");
});

test("serve --export writes a site and says where, with progress beside it", async () => {
  const written: string[] = [];
  const { code, stdout, stderr } = await runForTest(["serve", "--export", "site"], {
    exportSite: async ({ directory, progress }) => {
      written.push(directory);
      progress("api/v1/columns");
    },
  });
  expect([code, stdout, stderr, written]).toEqual([0, "site\n", "api/v1/columns\n", ["site"]]);
});

test("serve prints the address on stdout and closes the server when interrupted", async () => {
  let closed = false;
  const { stdout } = await runForTest(["serve", "--port", "8080"], {
    startServer: async ({ port, host }) => ({
      url: `http://${host}:${port}/`,
      close: () => {
        closed = true;
      },
    }),
  });
  expect(stdout).toBe("http://127.0.0.1:8080/\n");
  expect(closed).toBe(true);
});

test("a defect of ours is not dressed up as the user's", async () => {
  const createLab = async () => {
    throw new TypeError("a bug");
  };
  await expect(runForTest(["scenarios"], { createLab })).rejects.toThrow("a bug");
});

test("progress is told only to a terminal, and taken back", async () => {
  expect((await runForTest(["caps", "kvm@6.1"])).stderr).toBe("");
  expect((await runForTest(["caps", "kvm@6.1"], { stderrIsTerminal: true })).stderr).toBe(
    "computing capabilities …\r\u001b[2K",
  );
});
