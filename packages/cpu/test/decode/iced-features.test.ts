import { CpuidFeature, Decoder, DecoderOptions } from "iced-x86";
import { expect, test } from "vitest";
import { type InstructionForm, instructionForms } from "../../scripts/instruction-forms.ts";
import { neededFeatures } from "../../src/instruction-features.ts";

const featureNames = CpuidFeature as unknown as Record<number, string>;

/** The oracle's names of features that are not the manual's or ours with other signs. */
const RENAMED: Readonly<Record<string, string>> = {
  sse3: "pni",
  "sse4-1": "sse4.1",
  "sse4-2": "sse4.2",
  d3now: "3dnow",
  d3nowext: "3dnowext",
  clfsh: "clflush",
  cmpxchg16b: "cx16",
  lzcnt: "abm",
  sha: "sha-ni",
  monitorx: "mwaitx",
  "wide-kl": "aes-wide-kl",
  tse: "pbndkb",
  sgx1: "sgx",
  oss: "sgx",
  tdx: "nobody",
  tsxldtrk: "tsx-ldtrk",
  "hle-or-rtm": "rtm",
  "skinit-or-svm": "svm",
  "avx512-vnni": "avx512vnni",
  "avx512-bitalg": "avx512bitalg",
  "avx512-vbmi": "avx512vbmi",
  "avx512-vbmi2": "avx512vbmi2",
  "avx512-ifma": "avx512ifma",
};

/** Features of the oracle that CPUID does not report, or that change only what an encoding does. */
const NO_FEATURE = /^(intel|x64|fpu|avx512f$|pause$|prefetchw|multibytenop$|rdpmc$|cpuid$|smm$|invept$|invvpid$)/;
/** Features of ours that the oracle has no name for, or that follow from the others. */
const ONLY_OURS = new Set(["fpu", "avx512f", "lm", "mpx"]);

/** Mnemonics for which the sources differ: SSE2 brought PADDQ on MMX registers, SSE4.1 PEXTRW to memory; AMD's papers differ in the rest. */
const DIFFERENT = new Set(["paddq", "pextrw", "vmgexit", "rmpquery", "skinit"]);

function theirFeatures(bytes: Uint8Array, bits: 32 | 64): string[] {
  const decoder = new Decoder(bits, bytes, DecoderOptions.None);
  const iced = decoder.decode();
  const names = [...iced.cpuidFeatures()].map((feature) => featureNames[feature]!.toLowerCase().replaceAll("_", "-"));
  iced.free();
  decoder.free();
  return names.filter((name) => !NO_FEATURE.test(name)).map((name) => RENAMED[name] ?? name);
}

function differences({ form, examples }: InstructionForm): string[] {
  if (form.isSuffixed || DIFFERENT.has(form.mnemonic)) return [];
  return examples.flatMap((example) => {
    const ours = neededFeatures(example).filter((feature) => !ONLY_OURS.has(feature));
    const isOld = example.length === 1 && example.bytes[0]! >> 4 === 4;
    const theirs = theirFeatures(example.bytes, form.mode === "not64" || isOld ? 32 : 64);
    const same = [...new Set(ours)].sort().join() === [...new Set(theirs)].sort().join();
    return same ? [] : [`${example.mnemonic}: ${ours.join(" + ")}, oracle ${theirs.join(" + ")}`];
  });
}

test("every instruction needs the CPUID features that iced-x86 says it needs", () => {
  expect(instructionForms().flatMap(differences)).toEqual([]);
});
