import { expect, test } from "vitest";
import { caps } from "../caps.ts";
import type { CapsResult } from "../results.ts";
import { readDump } from "./read-dump.ts";

const VMX = "kvm@6.1+qemu@8.2";

function vmxGroups(column: string): CapsResult["groups"] {
  return caps([column]).groups.filter(({ source, raw }) => source.includes("IA32_VMX") && raw[0] !== null);
}

/** The registers of a column as `address value`. */
function registers(column: string): [string, string, string][] {
  return vmxGroups(column).map(({ source, raw }) => {
    const [, name = "", address = ""] = /(\w+) \(0x(\w+)\)/.exec(source)!;
    return [name, address, raw[0]!.slice(2)];
  });
}

function vmxcapOf(column: string): string {
  return vmxGroups(column)
    .flatMap(({ title, bits, fields }) => [
      title,
      ...bits.map(({ label, states }) => `  ${label.padEnd(40)} ${states[0]}`),
      ...fields
        .filter(({ values }) => /^(0x|\d)/.test(values[0]!))
        .map(({ label, values }) => `  ${label.padEnd(40)} ${BigInt(values[0]!)}`),
    ])
    .join("\n");
}

const FORMATS: readonly (readonly [string, string, (column: string) => string])[] = [
  ["vmxcap", "vmxcap", vmxcapOf],
  [
    "addresses and values",
    "rdmsr",
    (column) =>
      registers(column)
        .map(([, address, value]) => `0x${address}: 0x${value}`)
        .join("\n"),
  ],
  [
    "names and values",
    "rdmsr",
    (column) =>
      registers(column)
        .map(([name, , value]) => `${name} = 0x${value}`)
        .join("\n"),
  ],
  [
    "commands and answers",
    "rdmsr",
    (column) =>
      registers(column)
        .map(([, address, value]) => `# rdmsr -p0 0x${address}\n${value}`)
        .join("\n"),
  ],
  [
    "VBox.log",
    "virtualbox-log",
    (column) =>
      registers(column)
        .map(([name, , value]) => `00:00:01.2 HM: MSR_${name.padEnd(30)} = 0x${value}`)
        .join("\n"),
  ],
];

test.each(FORMATS)("%s of a column are read, and equal to that column", (_name, format, textOf) => {
  const result = readDump(textOf(VMX), VMX);
  expect(result.format).toBe(format);
  expect(result.claims).toBeGreaterThan(60);
  expect(result.differences).toEqual([]);
  expect(result.nearest[0]).toMatchObject({ cpu: "skylake-client", differing: 0 });
});

test("the nearest of all is silicon for what silicon says, and what differs from another column is told", () => {
  const text = registers("metal")
    .map(([, address, value]) => `0x${address} 0x${value}`)
    .join("\n");
  expect(readDump(text).against).toMatchObject({ cpu: "skylake-client", column: "metal" });
  const { differences } = readDump(text, "virtualbox@7.0");
  expect(differences.length).toBeGreaterThan(3);
  expect(differences[0]).toMatchObject({
    title: expect.any(String),
    dump: expect.any(String),
    column: expect.any(String),
  });
});

test("cpuid -r is read, the first processor's alone", () => {
  const lines = [
    "CPU 0:",
    "   0x00000001 0x00: eax=0x000506e3 ebx=0x00100800 ecx=0x7ffafbff edx=0xbfebfbff",
    "   0x80000008 0x00: eax=0x00003027 ebx=0x00000000 ecx=0x00000000 edx=0x00000000",
    "CPU 1:",
    "   0x00000001 0x00: eax=0x00000000 ebx=0x00000000 ecx=0x00000000 edx=0x00000000",
  ];
  const result = readDump(lines.join("\n"), "metal");
  expect(result.format).toBe("cpuid-raw");
  expect(result.claims).toBeGreaterThan(40);
  expect(result.differences.some(({ label }) => label === "Physical-address width")).toBe(false);
});

test("QEMU's feature list says what is on and what is off, also of what is 1 by default", () => {
  const { format, differences } = readDump(
    "qemu-system-x86_64 -enable-kvm -cpu Skylake-Client,+vmx,-vmx-ept,vmx-cr3-load-noexit=on,vmx-hlt-exit=on -m 512",
    "metal",
  );
  expect(format).toBe("qemu-cpu");
  expect(differences.map(({ label, dump }) => [label, dump])).toEqual([["Enable EPT", "off"]]);
});

test.each(["", "hello", "0x1 0x2", "\u0000\u0001", "[[[", "x".repeat(100_000)])(
  "%.20s is refused in one line",
  (text) => {
    expect(() => readDump(text)).toThrow(/^the /);
  },
);

test("long texts that match almost are read in time", () => {
  for (const piece of ["a", " ", "=", "0x", "HM: MSR_", "+", ",", "  x  "]) {
    const text = piece.repeat(200_000 / piece.length);
    const started = performance.now();
    try {
      readDump(text);
    } catch {
      // What it is does not matter here.
    }
    expect(performance.now() - started, JSON.stringify(piece)).toBeLessThan(5000);
  }
});
