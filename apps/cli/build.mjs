import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

rmSync(here("dist"), { recursive: true, force: true });

// The lab is a chunk of its own, loaded when a command needs it. Chunks lie one folder below dist/, so that what @hvdiff/guests calls
// ../images/ is dist/images/. The dashboard stays a package: express and the built page are not for bundling.
await build({
  entryPoints: [here("src/main.ts"), here("src/qemu-main.ts")],
  outdir: here("dist"),
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  conditions: ["@hvdiff/source"],
  external: ["@hvdiff/dashboard"],
  legalComments: "none",
  logLevel: "warning",
}).catch(() => {
  // esbuild has printed what is wrong and where.
  process.exit(1);
});

cpSync(here("../../packages/guests/images"), here("dist/images"), { recursive: true });
