import { describe, expect, test } from "vitest";
import * as spec from "../src/index.ts";

const CITED_TABLES = {
  VMCS_FIELDS: spec.VMCS_FIELDS,
  MSRS: spec.MSRS,
  EXIT_REASONS: spec.EXIT_REASONS,
  VM_INSTRUCTION_ERRORS: spec.VM_INSTRUCTION_ERRORS,
  EXCEPTIONS: spec.EXCEPTIONS,
  MEMORY_TYPES: spec.MEMORY_TYPES,
  CPUID_WORDS: spec.CPUID_WORDS,
  EPTP_FIELDS: spec.EPTP_FIELDS,
  EPT_ENTRY_FIELDS: spec.EPT_ENTRY_FIELDS,
  EPT_VIOLATION_FIELDS: spec.EPT_VIOLATION_FIELDS,
  VMX_BASIC: spec.VMX_BASIC,
  VMX_MISC: spec.VMX_MISC,
  VMX_EPT_VPID_CAP: spec.VMX_EPT_VPID_CAP,
  VMX_VMFUNC: spec.VMX_VMFUNC,
  ...Object.fromEntries(spec.CONTROL_WORD_NAMES.map((word) => [word, spec.controlWordDef(word).bits])),
} as Record<string, Record<string, { sdm?: string; apm?: string }>>;

const FIELD_TABLES: [string, spec.MsrFieldDefs][] = [
  ["EPTP_FIELDS", spec.EPTP_FIELDS],
  ["EPT_ENTRY_FIELDS", spec.EPT_ENTRY_FIELDS],
  ["EPT_VIOLATION_FIELDS", spec.EPT_VIOLATION_FIELDS],
  ...spec.MSR_NAMES.flatMap((name): [string, spec.MsrFieldDefs][] => {
    const { fields } = spec.msrDef(name);
    return fields === undefined ? [] : [[name, fields]];
  }),
];

function duplicates<T>(values: readonly T[]): T[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

test.each(Object.entries(CITED_TABLES))("every entry of %s cites a pinned manual", (_, table) => {
  const problems = Object.entries(table).flatMap(([name, entry]) => {
    const problem = spec.checkCited(entry);
    return problem === undefined ? [] : [`${name}: ${problem}`];
  });
  expect(problems).toEqual([]);
});

describe("VMCS fields", () => {
  const encodings = spec.VMCS_FIELD_NAMES.map(spec.encodingOf);

  test("encodings are unique, set no reserved bit and stand in the manual's order", () => {
    expect(duplicates(encodings)).toEqual([]);
    expect(encodings.filter((encoding) => (encoding & (spec.VMCS_ENCODING_RESERVED | 1)) !== 0)).toEqual([]);
    expect(encodings).toEqual([...encodings].sort((a, b) => a - b));
  });

  test("names agree with groups", () => {
    for (const name of spec.VMCS_FIELD_NAMES) {
      const { type } = spec.vmcsFieldDef(name);
      if (type === "host") expect(name).toMatch(/^host/);
      else expect(name).not.toMatch(/^host/);
    }
  });

  test("every requirement is a named control, a named capability bit or a CPUID feature", () => {
    const unknown = spec.VMCS_FIELD_NAMES.flatMap((name) => spec.requirementsOf(name).filter((r) => !isNamed(r)));
    expect(unknown).toEqual([]);
  });
});

function isNamed(requirement: spec.FieldRequirement): boolean {
  if ("cpuid" in requirement) return spec.isCpuidFeature(requirement.cpuid);
  if ("control" in requirement) return spec.controlAtBit(requirement.control, requirement.bit) !== undefined;
  const fields = Object.values(spec.msrDef(requirement.msr).fields ?? {});
  return fields.some(({ low, high }) => low === requirement.bit && high === requirement.bit);
}

describe("control words", () => {
  test.each(spec.CONTROL_WORD_NAMES)("%s names distinct bits in range, ascending, none of them reserved-1", (word) => {
    const { bits, default1, field } = spec.controlWordDef(word);
    const numbers = Object.values(bits).map((def) => def.bit);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.every((n) => n >= 0 && n < 8 * spec.widthBytes(field) && n < 32)).toBe(true);
    // The controls that the TRUE MSRs made optional are the only named ones in the default1 class.
    const named = Object.entries(bits).filter(([, def]) => ((default1 >>> def.bit) & 1) === 1);
    expect(named.map(([name]) => name)).toEqual(
      { primary: ["cr3LoadExiting", "cr3StoreExiting"], exit: ["saveDebugControls"], entry: ["loadDebugControls"] }[
        word as string
      ] ?? [],
    );
  });

  test("control names and QEMU features are unique across words", () => {
    const defs = spec.CONTROL_WORD_NAMES.flatMap((word) => Object.entries(spec.controlWordDef(word).bits));
    expect(duplicates(defs.map(([name]) => name))).toEqual([]);
    expect(duplicates(defs.flatMap(([, def]) => def.qemu ?? []))).toEqual([]);
  });

  test("vmxcap labels are unique within a word", () => {
    for (const word of spec.CONTROL_WORD_NAMES) {
      expect(duplicates(Object.values(spec.controlWordDef(word).bits).flatMap((def) => def.vmxcap ?? []))).toEqual([]);
    }
  });

  test.each([
    ["pin", 0x16],
    ["primary", 0x0401_e172],
    ["secondary", 0],
    ["exit", 0x3_6dff],
    ["entry", 0x11ff],
  ] as const)("%s has the manual's default1 class", (word, default1) => {
    expect(spec.controlWordDef(word).default1).toBe(default1);
  });
});

describe("other tables", () => {
  test("MSR addresses are unique and ascending", () => {
    const addresses = spec.MSR_NAMES.map(spec.msrAddress);
    expect(addresses).toEqual([...new Set(addresses)].sort((a, b) => a - b));
  });

  test.each(FIELD_TABLES)("fields of %s lie in 64 bits and do not overlap", (_, fields) => {
    let seen = 0n;
    for (const field of Object.values(fields)) {
      expect(field.low).toBeLessThanOrEqual(field.high);
      expect(field.high).toBeLessThan(64);
      expect(seen & spec.msrFieldMask(field)).toBe(0n);
      seen |= spec.msrFieldMask(field);
    }
  });

  test("numbers of exit reasons, errors and exceptions are unique and ascending", () => {
    const tables = [
      Object.values(spec.EXIT_REASONS).map((entry) => entry.number),
      Object.values(spec.VM_INSTRUCTION_ERRORS).map((entry) => entry.number),
      Object.values(spec.EXCEPTIONS).map((entry) => entry.vector),
    ];
    for (const numbers of tables) expect(numbers).toEqual([...new Set(numbers as number[])].sort((a, b) => a - b));
  });

  test("a CPUID feature name means one bit, and a bit has one name", () => {
    const names = Object.values<spec.CpuidWordDef>(spec.CPUID_WORDS).flatMap(({ bits }) => Object.keys(bits));
    expect(duplicates(names)).toEqual([]);
    for (const { bits } of Object.values<spec.CpuidWordDef>(spec.CPUID_WORDS)) {
      expect(duplicates(Object.values(bits))).toEqual([]);
      expect(Object.values(bits).every((n) => n >= 0 && n < 32)).toBe(true);
    }
  });
});
