import { describe, expect, test } from "vitest";
import { UsageError } from "../api.ts";
import { checkVmcs } from "./check-vmcs.ts";

/** A 64-bit guest in the words of KVM's dump; every line has what the kernel log puts before it. */
const DUMP = `
*** Guest State ***
CR0: actual=0x0000000080050033, shadow=0x0000000080050033, gh_mask=fffffffffffffff7
CR4: actual=0x00000000000026f0, shadow=0x00000000000006f0, gh_mask=fffffffffffff871
CR3 = 0x0000000001000000
PDPTR0 = 0x0000000000000000  PDPTR1 = 0x0000000000000000
PDPTR2 = 0x0000000000000000  PDPTR3 = 0x0000000000000000
RSP = 0xffffc90000013f00  RIP = 0xffffffff81000000
RFLAGS=0x00000246         DR7 = 0x0000000000000400
Sysenter RSP=fffffe0000003000 CS:RIP=0010:ffffffff81a01560
CS:   sel=0x0010, attr=0x0a09b, limit=0xffffffff, base=0x0000000000000000
DS:   sel=0x0000, attr=0x1c000, limit=0xffffffff, base=0x0000000000000000
SS:   sel=0x0018, attr=0x0c093, limit=0xffffffff, base=0x0000000000000000
ES:   sel=0x0000, attr=0x1c000, limit=0xffffffff, base=0x0000000000000000
FS:   sel=0x0000, attr=0x1c000, limit=0xffffffff, base=0x0000000000000000
GS:   sel=0x0000, attr=0x1c000, limit=0xffffffff, base=0xffff88813bc00000
GDTR:                           limit=0x0000007f, base=0xfffffe0000001000
LDTR: sel=0x0000, attr=0x1c000, limit=0xffffffff, base=0x0000000000000000
IDTR:                           limit=0x00000fff, base=0xfffffe0000000000
TR:   sel=0x0040, attr=0x0008b, limit=0x00000067, base=0xfffffe0000003000
EFER= 0x0000000000000d01
PAT = 0x0407050600070106
DebugCtl = 0x0000000000000000  DebugExceptions = 0x0000000000000000
Interruptibility = 00000000  ActivityState = 00000000
*** Host State ***
RIP = 0xffffffffc0a8d1a0  RSP = 0xffffc900013a7c80
CS=0010 SS=0018 DS=0000 ES=0000 FS=0000 GS=0000 TR=0040
FSBase=00007f2d3c7fe640 GSBase=ffff88903f840000 TRBase=fffffe0000077000
GDTBase=fffffe0000075000 IDTBase=fffffe0000000000
CR0=0000000080050033 CR3=0000000112b7a004 CR4=00000000003726e0
Sysenter RSP=fffffe0000077000 CS:RIP=0010:ffffffff81a015a0
EFER= 0x0000000000000d01
PAT = 0x0407050600070106
*** Control State ***
PinBased=0000003f CPUBased=b5a06dfa SecondaryExec=000000aa
EntryControls=0000d3ff ExitControls=003befff
ExceptionBitmap=00060042 PFECmask=00000000 PFECmatch=00000000
VMEntry: intr_info=00000000 errcode=00000006 ilen=00000000
VMExit: intr_info=00000000 errcode=00000000 ilen=00000003
        reason=00000030 qualification=0000000000000184
IDTVectoring: info=00000000 errcode=00000000
TSC Offset = 0xfffe4bb8fb1d3a96
TPR Threshold = 0x00
virt-APIC addr = 0x0000000112b7c000
EPT pointer = 0x000000010f48a01e
Virtual processor ID = 0x0001
`
  .split("\n")
  .map((line) => `[ 1234.567890] ${line}`)
  .join("\n");

function outcomes(text: string, columns: readonly string[]): [string, string[]][] {
  return checkVmcs(text, columns).vmcss[0]!.columns.map(({ outcome, failing }) => [
    outcome,
    failing.map(({ id }) => id),
  ]);
}

describe("a dump of KVM's", () => {
  test("that is valid passes in every column", () => {
    expect(outcomes(DUMP, ["metal", "ideal", "kvm@6.1/ept=1", "vmware@17"])).toEqual(Array(4).fill(["enters", []]));
  });

  test("is read completely", () => {
    const { fields } = checkVmcs(DUMP, ["metal"]).vmcss[0]!;
    expect(Object.keys(fields)).toHaveLength(105);
    expect(fields).toMatchObject({
      guestRip: "0xffffffff81000000",
      hostRip: "0xffffffffc0a8d1a0",
      guestTrAccessRights: "0x8b",
      hostCr4: "0x3726e0",
      secondaryProcessorBasedControls: "0xaa",
      exitQualification: "0x184",
    });
  });

  test.each([
    ["PinBased=0000003f", "PinBased=00000000", "VMfail 7", "control.pin.reserved"],
    ["TR=0040", "TR=0000", "VMfail 8", "host.tr.null"],
    ["RFLAGS=0x00000246", "RFLAGS=0x00000244", "exit 33", "guest.rflags.reserved"],
  ])("%s changed to %s: %s by %s", (from, to, outcome, id) => {
    const [result] = outcomes(DUMP.replace(from, to), ["metal"]);
    expect(result![0]).toBe(outcome);
    expect(result![1][0]).toBe(id);
  });

  test("tells several VMCSs apart, and newer wordings", () => {
    const newer = DUMP.replace(
      "PinBased=0000003f CPUBased=b5a06dfa SecondaryExec=000000aa",
      "CPUBased=0xb5a06dfa SecondaryExec=0x000000aa TertiaryExec=0x0000000000000000",
    ).replace("EntryControls", "PinBased=0x0000003f EntryControls");
    const { vmcss } = checkVmcs(`${DUMP}\n${newer}`, ["metal"]);
    expect(vmcss.map(({ label, columns }) => [label, columns[0]!.outcome])).toEqual([
      ["VMCS 1", "enters"],
      ["VMCS 2", "enters"],
    ]);
  });
});

describe("JSON", () => {
  test("that the check printed is read again", () => {
    const printed = checkVmcs(DUMP, ["metal"]);
    expect(checkVmcs(JSON.stringify(printed), ["metal"])).toEqual(printed);
  });

  test("takes encodings for names", () => {
    expect(checkVmcs('{"0x681e": "0x1000"}', ["metal"]).vmcss[0]!.fields).toEqual({ guestRip: "0x1000" });
  });

  test.each([
    ["{", "begins like JSON"],
    ['{"guestRop": 1}', "guestRop"],
    ['{"guestRip": "abc"}', "guestRip"],
    ["hello", "no VMCS"],
  ])("%s is refused", (text, message) => {
    expect(() => checkVmcs(text, ["metal"])).toThrow(UsageError);
    expect(() => checkVmcs(text, ["metal"])).toThrow(message);
  });
});
