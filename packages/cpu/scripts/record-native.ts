/*
 * Records what the processor under this program does with the cases of `test/native`, for hosts without a compiler:
 *   npx tsx --conditions=@hvdiff/source packages/cpu/scripts/record-native.ts
 */
import { writeFileSync } from "node:fs";
import { buildNativeOracle } from "../test/native/native-oracle.ts";
import { recordedCases, VECTORS_FILE } from "../test/native/recorded.ts";
import { packVectors } from "../test/native/vectors.ts";

const native = buildNativeOracle();
if (native === undefined) throw new Error("recording needs x86-64 Linux and gcc");
const cases = recordedCases();
const packed = packVectors(cases, native.run(cases));
native.close();
writeFileSync(VECTORS_FILE, packed);
console.log(`${cases.length} cases in ${packed.length} bytes`);
