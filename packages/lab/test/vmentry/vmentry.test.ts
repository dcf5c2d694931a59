import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { VmcsField } from "@hvdiff/spec";
import { expect, test } from "vitest";
import { type CaseGuest, linesOnMetal } from "../../../../test/case-guest.ts";
import { compareCases, type Explanation } from "../../../../test/explained-differences.ts";
import { linesUnderBochs } from "../../../../test/under-bochs.ts";
import { type Change, caseModule, vmcsCases } from "./vmcs-cases.ts";

const RECORDED = new URL("bochs-2.7.txt", import.meta.url);
/** Enters with the VMCSs of its module; prints of each its number and how that ended. */
const GUEST: CaseGuest = {
  image: fileURLToPath(new URL("vmcs-cases.elf", import.meta.url)),
  model: "bochs-icelake-u",
  line: /^\d+ (error|invalid|0x)/,
};
const CASES = 2000;
/** HVDIFF_RECORD_VMCSS=1 records again what Bochs says. */
const records = process.env["HVDIFF_RECORD_VMCSS"] !== undefined;
const GUEST_STATE = "0x80000021 0x0 0x0";
const BLOCKING_BY_SMI = 4n;

const bitsOf = (made: readonly Change[], field: VmcsField): bigint =>
  made.filter((change) => change.field === field).reduce((bits, { value }) => bits | value, 0n);

/** Differences from Bochs 2.7, each with the place in the manual that ours follows. docs/bochs-differences.md has them as well. */
const EXPLAINED: readonly (Explanation<readonly Change[], string> & { readonly sdm: string })[] = [
  {
    why: "Bochs checks that RIP is canonical only outside 64-bit mode",
    sdm: '3C "Checks on Guest RIP, RFLAGS, and SSP"',
    matches: (made, ours) => ours === GUEST_STATE && bitsOf(made, "guestRip") !== 0n,
  },
  {
    why: "Bochs does not check the IA32_DEBUGCTL field",
    sdm: '3C "Checks on Guest Control Registers, Debug Registers, and MSRs"',
    matches: (made, ours) => ours === GUEST_STATE && bitsOf(made, "guestIa32Debugctl") !== 0n,
  },
  {
    why: "Bochs checks the low half of the pending debug exceptions only",
    sdm: '3C "Checks on Guest Non-Register State"',
    matches: (made, ours) => ours === GUEST_STATE && bitsOf(made, "guestPendingDebugExceptions") >> 32n !== 0n,
  },
  {
    why: "Bochs finds out that it is outside of SMM only when it checks the guest's interruptibility",
    sdm: '3C "VM-Entry Control Fields"',
    matches: (made, ours) => ours === "error 7" && (bitsOf(made, "vmEntryControls") & 0x400n) !== 0n,
  },
  {
    why: "Bochs looks at the link pointer before it looks at blocking by SMI; the manual leaves the order open",
    sdm: '3C "Checks on the Guest State Area"',
    matches: (made, ours) =>
      ours === GUEST_STATE && (bitsOf(made, "guestInterruptibilityState") & BLOCKING_BY_SMI) !== 0n,
  },
];

test("nearly valid VMCSs come out as Bochs has recorded, or as the manual says instead", () => {
  const cases = vmcsCases(1, CASES);
  const module = caseModule(cases);
  if (records) writeFileSync(RECORDED, `${linesUnderBochs(GUEST, module).join("\n")}\n`);
  const recorded = readFileSync(RECORDED, "utf8").trimEnd().split("\n");
  const lines = linesOnMetal(GUEST, module);
  expect([lines.length, recorded.length]).toEqual([CASES, CASES]);
  const [ours, theirs] = [lines, recorded].map((all) => all.map((line) => line.slice(line.indexOf(" ") + 1)));
  const isSame = (own: string, bochs: string): boolean => own === bochs;
  const { different, explained } = compareCases({
    cases,
    ours: ours!,
    theirs: theirs!,
    explanations: EXPLAINED,
    isSame,
  });
  const changes = (made: readonly Change[]): string =>
    made.map(({ field, operation, value }) => `${field} ${operation} ${value.toString(16)}`).join(", ");
  expect(different.map((n) => `${changes(cases[n]!)}: ours ${lines[n]}, Bochs ${recorded[n]}`)).toEqual([]);
  expect(explained.every((count) => count > 0)).toBe(true);
  expect(explained.reduce((sum, count) => sum + count, 0)).toBeLessThan(CASES / 20);
});

test("all ways in which an entry can end come up", () => {
  const ends = readFileSync(RECORDED, "utf8").matchAll(/^\d+ (error \d|0x[0-9a-f]+)/gm);
  expect([...new Set([...ends].map(([, end]) => end))].sort()).toEqual([
    "0x0",
    "0x34",
    "0x80000021",
    "0xc",
    "error 7",
    "error 8",
  ]);
});
