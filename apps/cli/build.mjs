import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const COMMON = {
  bundle: true,
  platform: "node",
  target: "node20",
  conditions: ["@hvdiff/source"],
  legalComments: "none",
  logLevel: "warning",
};

/** The lab is a script of its own, loaded when a command needs it: `src/built-lab.ts` says how. */
const labApart = {
  name: "lab-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^@hvdiff\/lab$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: here("src/built-lab.ts") } : undefined,
    );
  },
};

function buildLab() {
  return build({
    ...COMMON,
    stdin: { contents: 'export * from "@hvdiff/lab";', resolveDir: here(".") },
    outfile: here("dist/lab/lab.js"),
    format: "cjs",
    banner: { js: "(function (module) {" },
    footer: { js: "})" },
  });
}

/** The dashboard stays a package: express and the built page are not for bundling. Chunks lie beside dist/lab/. */
function buildCommand() {
  return build({
    ...COMMON,
    entryPoints: [here("src/main.ts"), here("src/qemu-main.ts"), here("src/threads/lab-thread-worker.ts")],
    outdir: here("dist"),
    chunkNames: "chunks/[name]-[hash]",
    splitting: true,
    format: "esm",
    external: ["@hvdiff/dashboard"],
    plugins: [labApart],
  });
}

rmSync(here("dist"), { recursive: true, force: true });
try {
  await Promise.all([buildLab(), buildCommand()]);
} catch {
  // esbuild has printed what is wrong and where.
  process.exit(1);
}
// In a process of its own: what it keeps is what has been compiled there.
execFileSync(process.execPath, [here("compile-lab.mjs")], { stdio: ["ignore", "ignore", "inherit"] });
