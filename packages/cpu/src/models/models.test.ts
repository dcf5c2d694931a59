import { readFileSync } from "node:fs";
import { CONTROL_WORD_NAMES, controlWordDef, msrAddress } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { CPU_MODELS, findCpuModel } from "./index.ts";
import type { CpuModel } from "./model.ts";

const MASK32 = 0xffff_ffffn;

function registerOf(model: CpuModel, leaf: number, subleaf: number, register: "eax" | "ebx" | "ecx" | "edx"): number {
  return model.cpuid.find((entry) => entry.leaf === leaf && entry.subleaf === subleaf)?.[register] ?? 0;
}

const byId = (model: CpuModel): readonly [string, CpuModel] => [model.id, model];

describe.each(CPU_MODELS.filter(({ vendor }) => vendor === "amd").map(byId))("%s", (_id, model) => {
  test("has SVM and no VMX, and its width is leaf 8000_0008H's", () => {
    expect((registerOf(model, 0x8000_0001, 0, "ecx") >>> 2) & 1).toBe(1);
    expect((registerOf(model, 1, 0, "ecx") >>> 5) & 1).toBe(0);
    expect(model.maxPhysicalAddress).toBe(registerOf(model, 0x8000_0008, 0, "eax") & 0xff);
  });

  test("has the same features in both feature leaves, and ASIDs", () => {
    const common = 0x0183f3ff;
    expect(registerOf(model, 0x8000_0001, 0, "edx") & common).toBe(registerOf(model, 1, 0, "edx") & common);
    expect(registerOf(model, 0x8000_000a, 0, "ebx")).toBeGreaterThan(1);
  });
});

describe.each(CPU_MODELS.filter(({ vendor }) => vendor === "intel").map(byId))("%s", (_id, model) => {
  test("has VMX, and its width is leaf 8000_0008H's", () => {
    expect((registerOf(model, 1, 0, "ecx") >>> 5) & 1).toBe(1);
    expect(model.maxPhysicalAddress).toBe(registerOf(model, 0x8000_0008, 0, "eax") & 0xff);
  });

  test.each(CONTROL_WORD_NAMES)("%s controls: what must be 1 may be 1, default1 holds, TRUE agrees", (word) => {
    const { capabilityMsr, trueCapabilityMsr, capabilityFormat, default1 } = controlWordDef(word);
    const value = model.msrs.get(msrAddress(capabilityMsr));
    if (value === undefined || capabilityFormat === "allowed1") return;
    expect(value & MASK32 & ~(value >> 32n)).toBe(0n);
    expect(value & MASK32).toBe(BigInt(default1));
    const trueValue = trueCapabilityMsr === undefined ? undefined : model.msrs.get(msrAddress(trueCapabilityMsr));
    if (trueValue === undefined) return;
    expect(trueValue >> 32n).toBe(value >> 32n);
    expect(trueValue & MASK32 & ~value).toBe(0n);
  });

  test("the secondary controls for instructions go with their CPUID features", () => {
    const allowed = (model.msrs.get(msrAddress("IA32_VMX_PROCBASED_CTLS2")) ?? 0n) >> 32n;
    const bit = (n: number): number => Number((allowed >> BigInt(n)) & 1n);
    expect(bit(20)).toBe((registerOf(model, 0xd, 1, "eax") >>> 3) & 1);
    expect(bit(3)).toBe((registerOf(model, 0x8000_0001, 0, "edx") >>> 27) & 1);
    expect(bit(12)).toBe((registerOf(model, 7, 0, "ebx") >>> 10) & 1);
    expect(bit(11)).toBe((registerOf(model, 1, 0, "ecx") >>> 30) & 1);
    expect(bit(16)).toBe((registerOf(model, 7, 0, "ebx") >>> 18) & 1);
  });

  test("vector features go with the state they need", () => {
    const has = (leaf: number, register: "ebx" | "ecx" | "edx", bit: number) =>
      (registerOf(model, leaf, 0, register) >>> bit) & 1;
    const avx = has(1, "ecx", 28);
    const needAvx = [has(1, "ecx", 12), has(1, "ecx", 29), has(7, "ebx", 5), has(7, "ecx", 9), has(7, "ecx", 10)];
    expect(Math.max(...needAvx)).toBeLessThanOrEqual(avx);
    expect((registerOf(model, 0xd, 0, "eax") >>> 2) & 1).toBe(avx);
    expect(has(1, "ecx", 26)).toBeGreaterThanOrEqual(avx);
    expect([registerOf(model, 0xd, 2, "eax"), registerOf(model, 0xd, 2, "ebx")]).toEqual(avx ? [256, 576] : [0, 0]);
    expect((registerOf(model, 0xd, 0, "eax") >>> 5) & 7).toBe(has(7, "ebx", 16) * 7);
  });

  test("leaf 0DH's size covers its components", () => {
    const components = registerOf(model, 0xd, 0, "eax");
    for (let n = 2; n < 32; n++) {
      if (((components >>> n) & 1) === 0) continue;
      const end = registerOf(model, 0xd, n, "eax") + registerOf(model, 0xd, n, "ebx");
      expect(end, `component ${n}`).toBeLessThanOrEqual(registerOf(model, 0xd, 0, "ecx"));
      expect(end, `component ${n}`).toBeGreaterThan(0x240);
    }
  });
});

describe.each([
  ["bochs-lynnfield", "bochs-2.7-corei5_lynnfield_750"],
  ["bochs-icelake-u", "bochs-2.7-corei7_icelake_u"],
])("%s says what the capture %s says", (id, capture) => {
  const model = findCpuModel(id)!;
  const log = readFileSync(new URL(`../../../guests/captures/${capture}/capabilities.log`, import.meta.url), "utf8");

  test("in CPUID", () => {
    const lines = [...log.matchAll(/^verdict cpuid\.([0-9a-f]+)\.(?:(\d)\.)?(e[abcd]x) = 0x([0-9a-f]+)/gm)];
    expect(lines.length).toBeGreaterThanOrEqual(20);
    for (const [line, leaf, subleaf, register, value] of lines) {
      const at = [Number.parseInt(leaf!, 16), Number(subleaf ?? 0), register as "eax"] as const;
      expect(registerOf(model, ...at), line).toBe(Number.parseInt(value!, 16));
    }
  });

  test("in the capability MSRs", () => {
    for (const [line, address, value] of log.matchAll(/^verdict msr\.(4[0-9a-f]+) = (0x[0-9a-f]+|#GP)/gm)) {
      const expected = value === "#GP" ? undefined : BigInt(value!);
      expect(model.msrs.get(Number.parseInt(address!, 16)), line).toBe(expected);
    }
  });
});
