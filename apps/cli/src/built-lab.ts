import { readFileSync } from "node:fs";
import { Script } from "node:vm";
import type * as lab from "@hvdiff/lab";

const PLACE = new URL("../lab/", import.meta.url);

/**
 * The lab as the build leaves it: one script, and beside it what V8 had compiled of it when the build had run a guest. V8 looks whether that is of
 * its own version, and compiles anew where it is not. In the built command this module stands where `@hvdiff/lab` is imported.
 */
function builtLab(): typeof lab {
  const path = new URL("lab.js", PLACE);
  // The build writes ASCII.
  const script = new Script(readFileSync(path, "latin1"), { filename: path.pathname, ...compiledBefore() });
  const module = { exports: {} };
  script.runInThisContext()(module);
  return module.exports as typeof lab;
}

function compiledBefore(): { cachedData?: Buffer } {
  try {
    return { cachedData: readFileSync(new URL("lab.v8-cache", PLACE)) };
  } catch {
    return {};
  }
}

export const { createLab } = builtLab();
