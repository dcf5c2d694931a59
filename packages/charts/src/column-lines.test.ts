import { expect, test } from "vitest";
import { columnLines } from "./column-lines.ts";

test.each([
  ["metal", ["metal"]],
  ["kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on", ["kvm@6.1", "qemu@8.2", "Skylake-Client", "xsaves=on"]],
  ["kvm@6.1+vmware@17", ["kvm@6.1", "vmware@17"]],
  ["kvm@6.1//vmware@17", ["kvm@6.1", "//vmware@17"]],
  [
    "kvm@6.1+qemu@8.2//kvm@5.4+qemu@4.2/Skylake-Client",
    ["kvm@6.1", "qemu@8.2", "//kvm@5.4", "qemu@4.2", "Skylake-Client"],
  ],
])("%s has its parts in lines, and a stack its levels", (column, lines) => {
  expect(columnLines(column)).toEqual(lines);
});
