import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig } from "vite";

/** The lab as one script for a web worker: what a saved page asks instead of a server. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  resolve: { conditions: ["@hvdiff/source", ...defaultClientConditions] },
  build: {
    outDir: "../dist/static",
    emptyOutDir: true,
    target: "es2023",
    lib: { entry: "lab-worker.ts", formats: ["iife"], name: "labWorker", fileName: () => "lab-worker.js" },
  },
});
