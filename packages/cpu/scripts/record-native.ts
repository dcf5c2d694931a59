/*
 * Records what the processor under this program does with the cases of `test/native`, for hosts without a compiler; all groups of forms or
 * those named:
 *   npx tsx --conditions=@hvdiff/source packages/cpu/scripts/record-native.ts [group...]
 */
import { writeFileSync } from "node:fs";
import { FORM_GROUPS } from "../test/native/forms/index.ts";
import { buildNativeOracle } from "../test/native/native-oracle.ts";
import { recordedCases, vectorsFile } from "../test/native/recorded.ts";
import { packVectors } from "../test/native/vectors.ts";

const native = buildNativeOracle();
if (native === undefined) throw new Error("recording needs x86-64 Linux, AVX and gcc");
const asked = process.argv.slice(2);
for (const group of asked.length === 0 ? Object.keys(FORM_GROUPS) : asked) {
  const forms = FORM_GROUPS[group];
  if (forms === undefined) throw new Error(`no group ${group}: there are ${Object.keys(FORM_GROUPS).join(", ")}`);
  const cases = recordedCases(forms);
  const packed = packVectors(cases, native.run(cases));
  writeFileSync(vectorsFile(group), packed);
  console.log(`${group}: ${cases.length} cases in ${packed.length} bytes`);
}
native.close();
