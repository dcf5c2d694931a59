import { defineConfig } from "vitest/config";

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
    testTimeout: 60_000,
    pool: "threads",
  },
});
