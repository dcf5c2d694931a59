import { defineConfig } from "vitest/config";

const { HVDIFF_ENGINE } = process.env;

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
    setupFiles: HVDIFF_ENGINE === undefined ? [] : ["./vitest.setup.ts"],
    testTimeout: 60_000,
    pool: "threads",
  },
});
