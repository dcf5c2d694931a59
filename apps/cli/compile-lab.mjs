// Keeps what V8 compiles of the built lab when a diff runs, so that the command need not compile it again: dist/lab/lab.v8-cache.
import { readFileSync, writeFileSync } from "node:fs";
import { Script } from "node:vm";

const PLACE = new URL("dist/lab/", import.meta.url);
const path = new URL("lab.js", PLACE);
const script = new Script(readFileSync(path, "latin1"), { filename: path.pathname });
const module = { exports: {} };
script.runInThisContext()(module);
const lab = module.exports.createLab();
lab.diff({ scenario: "xsaves-control" }, lab.defaultColumns().slice(0, 4));
lab.caps(lab.defaultColumns());
writeFileSync(new URL("lab.v8-cache", PLACE), script.createCachedData());
