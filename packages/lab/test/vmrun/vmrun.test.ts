import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { VMCB_FIELDS } from "@hvdiff/spec";
import { expect, test } from "vitest";
import { type CaseGuest, linesOnMetal, linesUnderQemu } from "../../../../test/case-guest.ts";
import { compareCases, type Explanation } from "../../../../test/explained-differences.ts";
import { type Change, caseModule, vmcbCases } from "./vmcb-cases.ts";

const RECORDED = new URL("qemu-7.2.txt", import.meta.url);
/** Enters with the VMCBs of its module; prints number, EXITCODE, EXITINFO1 and EXITINFO2 of each. */
const GUEST: CaseGuest = {
  image: fileURLToPath(new URL("vmcb-cases.elf", import.meta.url)),
  model: "zen2",
  line: /^\d+ 0x/,
  qemuModel: "max,+svm",
};
const CASES = 2000;
const QEMU_MILLISECONDS = 60_000;
/** HVDIFF_RECORD_VMCBS=1 records again what QEMU TCG says. */
const records = process.env["HVDIFF_RECORD_VMCBS"] !== undefined;
const INVALID = "0xffffffffffffffff";
const GENERAL_PROTECTION = "0x4d";
const EFER_LMSLE_TCE = 0xa000;
const EFER_LME = 0x100;
const CR4_PKS = 1 << 24;
/** #CP; AMD's own exceptions from 28 on belong to encrypted guests, but for #SX. */
const LAST_EXCEPTION = 21;

interface Exit {
  readonly code: string;
  readonly info1: string;
}

/** QEMU stores EXITCODE in 32 bits. */
function exitOf(line: string): Exit {
  const [, code = "", info1 = ""] = line.split(" ");
  return { code: code === "0xffffffff" ? INVALID : code, info1 };
}

const changes = (made: readonly Change[], field: keyof typeof VMCB_FIELDS): boolean =>
  made.some(({ offset }) => offset - (offset % 8) === VMCB_FIELDS[field].offset - (VMCB_FIELDS[field].offset % 8));

/** Differences from QEMU 7.2, each with what of the manual ours follows. */
const EXPLAINED: readonly (Explanation<readonly Change[], Exit> & { readonly apm: string })[] = [
  {
    why: "QEMU enters with reserved memory types in G_PAT and reserved bits in nested CR3",
    apm: '2 "Nested Paging and VMRUN/#VMEXIT"',
    matches: (made, ours, qemu) =>
      ours.code === INVALID && qemu.code !== INVALID && (changes(made, "gPat") || changes(made, "nestedCr3")),
  },
  {
    why: "QEMU enters with reserved values of TLB_CONTROL",
    apm: '2 "TLB Flush"',
    matches: (made, ours, qemu) =>
      ours.code === INVALID &&
      qemu.code !== INVALID &&
      made.some(({ offset, value }) => offset === VMCB_FIELDS.tlbControl.offset && value > 1),
  },
  {
    why: "QEMU enters with an injected exception whose vector is no exception's",
    apm: '2 "Event Injection"',
    matches: (made, ours, qemu) =>
      ours.code === INVALID &&
      qemu.code !== INVALID &&
      made.some(
        ({ offset, value }) =>
          offset === VMCB_FIELDS.eventInjection.offset && ((value >>> 8) & 7) === 3 && (value & 0xff) > LAST_EXCEPTION,
      ),
  },
  {
    why: "QEMU enters legacy PAE paging whose PDPTEs have reserved bits",
    apm: '2 "Legacy PAE Mode"',
    matches: (made, ours, qemu) =>
      ours.code === INVALID &&
      qemu.code !== INVALID &&
      made.some(({ offset, value }) => offset === VMCB_FIELDS.efer.offset && (value & EFER_LME) !== 0) &&
      !changes(made, "nestedControl"),
  },
  {
    why: "QEMU's processor has protection keys for supervisor pages, zen2 has not",
    apm: '2 "Canonicalization and Consistency Checks"',
    matches: (made, ours, qemu) =>
      ours.code === INVALID &&
      qemu.code !== INVALID &&
      made.some(({ offset, value }) => offset === VMCB_FIELDS.cr4.offset && (value & CR4_PKS) !== 0),
  },
  {
    why: "QEMU's processor has no LMSLE and no TCE in EFER, zen2 has",
    apm: '2 "Extended Feature Enable Register (EFER)"',
    matches: (made, ours, qemu) =>
      qemu.code === INVALID &&
      ours.code !== INVALID &&
      made.some(({ offset, value }) => offset === VMCB_FIELDS.efer.offset && (value & EFER_LMSLE_TCE) !== 0),
  },
  {
    why: "QEMU leaves EXT out of the error code of a fault in the delivery of an injected event",
    apm: '2 "Selector-Error Code"',
    matches: (made, ours, qemu) =>
      ours.code === GENERAL_PROTECTION &&
      qemu.code === GENERAL_PROTECTION &&
      changes(made, "eventInjection") &&
      BigInt(ours.info1) === (BigInt(qemu.info1) | 1n),
  },
];

test("nearly valid VMCBs come out as QEMU has recorded, or as the manual says instead", () => {
  const cases = vmcbCases(1, CASES);
  const module = caseModule(cases);
  if (records) writeFileSync(RECORDED, `${linesUnderQemu(GUEST, module, QEMU_MILLISECONDS).join("\n")}\n`);
  const recorded = readFileSync(RECORDED, "utf8").trimEnd().split("\n");
  const lines = linesOnMetal(GUEST, module);
  expect([lines.length, recorded.length]).toEqual([CASES, CASES]);
  const [ours, theirs] = [lines.map(exitOf), recorded.map(exitOf)];
  const isSame = (own: Exit, qemu: Exit): boolean => own.code === qemu.code && own.info1 === qemu.info1;
  const { different, explained } = compareCases({ cases, ours, theirs, explanations: EXPLAINED, isSame });
  const told = different.map((n) => `${JSON.stringify(cases[n])}: ours ${lines[n]}, QEMU ${recorded[n]}`);
  expect(told).toEqual([]);
  expect(explained.every((count) => count > 0)).toBe(true);
  expect(explained.reduce((sum, count) => sum + count, 0)).toBeLessThan(CASES / 10);
});
