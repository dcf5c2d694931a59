import { expect, test } from "vitest";
import { fits, type Row, renderTable } from "./table.ts";
import { hanging, minimumWidth, visible, wrap } from "./wrap.ts";

const rows: Row[] = [
  { cells: [{ text: "NAME" }, { text: "kvm@6.1+qemu@8.2/host", soft: true }] },
  { cells: [{ text: "vmx" }, { text: "offered to the guest" }], below: ["  because"] },
];

test("a table that fits is aligned and has no trailing blanks", () => {
  expect(renderTable(rows, { width: 80 })).toEqual([
    "NAME  kvm@6.1+qemu@8.2/host",
    "vmx   offered to the guest",
    "  because",
  ]);
});

test("a narrow table breaks at blanks, and column spellings before @, + and /", () => {
  expect(renderTable(rows, { width: 16 })).toEqual([
    "NAME  kvm@6.1",
    "      +qemu@8.2",
    "      /host",
    "vmx   offered to",
    "      the guest",
    "  because",
  ]);
});

test.each([12, 15, 20, 31, 200])("no line is wider than %i", (width) => {
  for (const line of renderTable(rows, { width })) expect(line.length).toBeLessThanOrEqual(width);
});

test("fits says whether anything must be broken inside a word", () => {
  expect(fits(rows, { width: 13 })).toBe(true);
  expect(fits(rows, { width: 12 })).toBe(false);
});

test("style does not count as width", () => {
  const red = (text: string): string => `<red>${text}</red>`;
  expect(
    renderTable(
      [{ cells: [{ text: "ab", style: red }, { text: "c" }] }, { cells: [{ text: "abcd" }, { text: "d" }] }],
      { width: 20 },
    ),
  ).toEqual(["<red>ab</red>    c", "abcd  d"]);
});

test("words longer than the line are cut, nothing is lost", () => {
  expect(wrap("0x0123456789abcdef", 8)).toEqual(["0x012345", "6789abcd", "ef"]);
  expect(minimumWidth("a bc\ndef")).toBe(3);
});

test("a hanging paragraph is indented as far as its first line starts", () => {
  expect(hanging("  - ", "one two three four five", 20)).toEqual(["  - one two three", "    four five"]);
});

test("control characters of a guest cannot reach the terminal through a table", () => {
  expect(visible("a\u001b[31mb\n")).toBe("a\\x1b[31mb\\x0a");
});
