import { describe, expect, test } from "vitest";
import { aPackage, device, eisaId, integer, name, resources } from "./aml.ts";
import { acpiTables } from "./tables.ts";

const PROCESSORS = [1, 4, 260];

/** The firmware's area with the tables in it. */
function memoryWith(processors: number): DataView {
  const memory = new Uint8Array(0x20000);
  for (const { address, data } of acpiTables(processors)) memory.set(data, address - 0xe0000);
  return new DataView(memory.buffer);
}

function bytesAt(memory: DataView, address: number, length: number): Uint8Array {
  return new Uint8Array(memory.buffer, address - 0xe0000, length);
}

function word(memory: DataView, address: number): number {
  return memory.getUint32(address - 0xe0000, true);
}

function signature(memory: DataView, address: number): string {
  return String.fromCharCode(...bytesAt(memory, address, 4));
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => total + byte, 0) & 0xff;
}

/** Finds a table as an operating system does. */
function find(memory: DataView, wanted: string): number {
  const xsdt = word(memory, 0xe0000 + 24);
  for (let at = xsdt + 36; at < xsdt + word(memory, xsdt + 4); at += 8) {
    if (signature(memory, word(memory, at)) === wanted) return word(memory, at);
  }
  return 0;
}

describe.each(PROCESSORS)("with %i processors", (processors) => {
  const memory = memoryWith(processors);

  test("the root pointer has both checksums", () => {
    expect(sum(bytesAt(memory, 0xe0000, 20))).toBe(0);
    expect(sum(bytesAt(memory, 0xe0000, 36))).toBe(0);
  });

  test("tables do not overlap, are aligned, and lie below 1 MiB", () => {
    let end = 0xe0000;
    for (const { address, data } of acpiTables(processors)) {
      expect(address % 16).toBe(0);
      expect(address).toBeGreaterThanOrEqual(end);
      end = address + data.length;
    }
    expect(end).toBeLessThan(0xf0000);
  });

  test("RSDT and XSDT name the same tables, all with checksums", () => {
    const [rsdt, xsdt] = [word(memory, 0xe0000 + 16), word(memory, 0xe0000 + 24)];
    const names: string[] = [];
    for (let at = 0; at < (word(memory, rsdt + 4) - 36) / 4; at++) {
      const address = word(memory, rsdt + 36 + 4 * at);
      expect(word(memory, xsdt + 36 + 8 * at)).toBe(address);
      names.push(signature(memory, address));
    }
    expect(names).toEqual(["FACP", "APIC", "HPET"]);
    const dsdt = word(memory, find(memory, "FACP") + 40);
    for (const address of [rsdt, xsdt, dsdt, ...names.map((of) => find(memory, of))])
      expect(sum(bytesAt(memory, address, word(memory, address + 4)))).toBe(0);
  });

  test("the MADT lists every processor once, with the I/O APIC and the timer's override", () => {
    const madt = find(memory, "APIC");
    const ids: number[] = [];
    const others: number[] = [];
    for (let at = madt + 44; at < madt + word(memory, madt + 4); at += bytesAt(memory, at, 2)[1]!) {
      const [type] = bytesAt(memory, at, 1);
      if (type === 0) ids.push(bytesAt(memory, at, 8)[3]!);
      else if (type === 9) ids.push(word(memory, at + 4));
      else others.push(type!);
    }
    expect(ids).toEqual(Array.from({ length: processors }, (_, id) => id));
    expect(others).toEqual([1, 2, 2, 2, 2, 2, 4, ...(processors > 255 ? [10] : [])]);
  });
});

test("the FADT names the registers of power management and the FACS, which is aligned", () => {
  const memory = memoryWith(1);
  const fadt = find(memory, "FACP");
  expect(word(memory, fadt + 4)).toBe(244);
  expect([56, 64, 76, 80, 48].map((at) => word(memory, fadt + at))).toEqual([0x600, 0x604, 0x608, 0xafe0, 0xb2]);
  expect([...bytesAt(memory, fadt + 52, 2)]).toEqual([0xf1, 0xf0]);
  const facs = word(memory, fadt + 36);
  expect(signature(memory, facs)).toBe("FACS");
  expect(facs % 64).toBe(0);
});

describe("AML", () => {
  test.each([
    [0, [0x00]],
    [1, [0x01]],
    [0xff, [0x0a, 0xff]],
    [0x1234, [0x0b, 0x34, 0x12]],
    [0xfed00000, [0x0c, 0x00, 0x00, 0xd0, 0xfe]],
  ])("the number %i", (value, bytes) => {
    expect(integer(value)).toEqual(bytes);
  });

  test("names are filled up, identities compressed", () => {
    expect(name("\\_S5", integer(0))).toEqual([0x08, 0x5c, 0x5f, 0x53, 0x35, 0x5f, 0x00]);
    expect(eisaId("PNP0A03")).toEqual([0x0c, 0x41, 0xd0, 0x0a, 0x03]);
    expect(aPackage(integer(2), integer(0))).toEqual([0x12, 0x05, 0x02, 0x0a, 0x02, 0x00]);
    expect(resources()).toEqual([0x11, 0x05, 0x0a, 0x02, 0x79, 0x00]);
  });

  test.each([
    [58, [63]],
    [59, [0x41, 0x04]],
    [0xff9, [0x4f, 0xff]],
    [0xffa, [0x81, 0x00, 0x01]],
  ])("the length of a device with %i bytes in it", (size, length) => {
    const bytes = device("X", new Array<number>(size).fill(0));
    expect(bytes.slice(2, 2 + length.length)).toEqual(length);
    expect(bytes).toHaveLength(2 + length.length + 4 + size);
  });
});
