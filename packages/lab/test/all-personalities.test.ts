import { lintPersonalities } from "@hvdiff/personality";
import { hvx } from "@hvdiff/personality-hvx";
import { hyperv } from "@hvdiff/personality-hyperv";
import { kvm } from "@hvdiff/personality-kvm";
import { virtualbox } from "@hvdiff/personality-virtualbox";
import { vmware } from "@hvdiff/personality-vmware";
import { qemu } from "@hvdiff/vmm-qemu";
import { virtualboxKvm } from "@hvdiff/vmm-virtualbox-kvm";
import { expect, test } from "vitest";

test("the data of all personalities is in order", () => {
  const findings = lintPersonalities([kvm, qemu, virtualbox, virtualboxKvm, vmware, hyperv, hvx]);
  expect(findings.map(({ linter, subject, message }) => `${subject} ${message} [${linter}]`)).toEqual([]);
});
