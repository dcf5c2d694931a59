import { defineConfig } from "vitest/config";

/** Set: the guests of all tests run in that engine. Two engines side by side take several times as long as one. */
const isEngineChosen = (process.env["HVDIFF_ENGINE"] ?? "") !== "";

export default defineConfig({
  ssr: { resolve: { conditions: ["@hvdiff/source"] } },
  resolve: { conditions: ["@hvdiff/source"] },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "apps/*/{src,server,web,test}/**/*.test.ts",
      "test/**/*.test.ts",
    ],
    // It loads the whole machine, which costs a second a file.
    setupFiles: isEngineChosen ? ["./vitest.setup.ts"] : [],
    testTimeout: isEngineChosen ? 600_000 : 120_000,
    // Building and launching before a file's tests, and what is waited for in them, take longer on a busy machine than vitest expects.
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    pool: "threads",
    // By default one core is left to vitest itself, which hardly works.
    maxWorkers: "100%",
  },
});
