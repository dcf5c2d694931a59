import { expect, test } from "vitest";
import { hasFlag, lastValue, listValues, readArguments } from "./arguments.ts";
import { OPTIONS } from "./options.ts";

const options = [OPTIONS.on, OPTIONS.append, OPTIONS.memory, OPTIONS.quirk, OPTIONS.format, OPTIONS.all];
const read = (...argv: string[]) => readArguments(argv, options, "diff");

test("options may stand before and after the guest, and -- ends them", () => {
  const given = read("--all", "guest.elf", "--format=json", "--", "--on");
  expect(given.positionals).toEqual(["guest.elf", "--on"]);
  expect(hasFlag(given, "all")).toBe(true);
  expect(lastValue(given, "format")).toBe("json");
});

test("--on may be repeated and splits at commas, not at other punctuation of a column", () => {
  const given = read("--on", "metal,kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on", "--on", "vmware@17");
  expect(listValues(given, "on")).toEqual(["metal", "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on", "vmware@17"]);
});

test("QEMU's spellings are taken", () => {
  const given = read("-append", "probe=a --fast", "-m", "128");
  expect(lastValue(given, "append")).toBe("probe=a --fast");
  expect(lastValue(given, "memory")).toBe("128");
});

test("a quirk to switch off starts with a dash and is still a value", () => {
  const given = read("--quirk", "-kvm/vmx/x", "--quirk=+kvm/vmx/y");
  expect(given.values.get("quirk")).toEqual(["-kvm/vmx/x", "+kvm/vmx/y"]);
});

test("the last of a repeated option wins", () => {
  expect(lastValue(read("--format", "json", "--format", "md"), "format")).toBe("md");
});

test.each([
  [["--onn", "metal"], "diff has no option --onn (nearest: --on)"],
  [["--on"], "--on needs a value: COLUMN[,COLUMN…]"],
  [["--on", "--all"], "--on needs a value: COLUMN[,COLUMN…]"],
  [["--all=yes"], "--all takes no value"],
  [["--format", "jsn"], '--format: "jsn" is not one of table, json, jsonl, md (nearest: json, jsonl)'],
  [["-x"], "diff has no option -x"],
])("%j: %s", (argv, message) => {
  expect(() => read(...argv)).toThrow(message);
});

test("a comma with nothing beside it is a typing error", () => {
  expect(() => listValues(read("--on", "metal,,ideal"), "on")).toThrow("a name is missing before or after a comma");
});
