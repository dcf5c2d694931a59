import { expect, test } from "vitest";
import { kvm } from "../../personality-kvm/src/index.ts";
import { virtualbox } from "../../personality-virtualbox/src/index.ts";
import { vmware } from "../../personality-vmware/src/index.ts";
import { qemu } from "../../vmm-qemu/src/index.ts";
import { lintPersonalities } from "../src/index.ts";

test("the data of all personalities is in order", () => {
  const findings = lintPersonalities([kvm, qemu, virtualbox, vmware]);
  expect(findings.map(({ linter, subject, message }) => `${subject} ${message} [${linter}]`)).toEqual([]);
});
