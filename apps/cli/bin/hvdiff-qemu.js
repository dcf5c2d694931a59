#!/usr/bin/env node
import { existsSync } from "node:fs";

const bundle = new URL("../dist/qemu-main.js", import.meta.url);

if (existsSync(bundle)) {
  await import(bundle.href);
} else {
  process.stderr.write("hvdiff-qemu: not built yet; run npm start first\n");
  process.exitCode = 1;
}
