import { describe, expect, test } from "vitest";
import { parseColumn } from "./parse-column.ts";
import type { Personality } from "./personality.ts";

const NESTED = { name: "nested", summary: "", defaultFor: () => "1", values: ["0", "1"] };

const L0: Personality = {
  product: "kvm",
  title: "KVM",
  kind: "l0",
  basis: "source",
  vmm: "qemu",
  releases: [
    { version: "5.10", date: "2020-12-13" },
    { version: "6.1", date: "2022-12-11" },
  ],
  parameters: [NESTED],
  quirks: [],
  refuse: (spec) => (spec.parameters.get("nested") === "0" ? "is not nested" : undefined),
};
const VMM: Personality = {
  product: "qemu",
  title: "QEMU",
  kind: "vmm",
  basis: "source",
  releases: [
    { version: "5.1", date: "2020-08-11" },
    { version: "5.2", date: "2020-12-08" },
    { version: "7.2", date: "2022-12-14" },
  ],
  parameters: [],
  models: ["host", "host-model", "Skylake-Client"],
  flags: ["xsave", "xsaves", "phys-bits"],
  quirks: [],
};
const BOX: Personality = { ...L0, product: "virtualbox", refuse: () => undefined } satisfies Personality;
const { vmm: _none, ...virtualbox } = BOX;
const ALL = [L0, VMM, virtualbox];

describe("spelling", () => {
  test.each([
    ["metal", "metal"],
    ["ideal", "ideal"],
    ["kvm@6.1", "kvm@6.1+qemu@5.2/host-model"],
    ["kvm@5.10", "kvm@5.10+qemu@5.2/host-model"],
    ["kvm@6.1/nested=1+qemu@7.2", "kvm@6.1/nested=1+qemu@7.2/host-model"],
    ["kvm@6.1+qemu@7.2/host", "kvm@6.1+qemu@7.2/host"],
    ["kvm@6.1+qemu@7.2/xsaves=on", "kvm@6.1+qemu@7.2/host-model/xsaves=on"],
    ["kvm@6.1+qemu@7.2/host/-xsave/+xsaves", "kvm@6.1+qemu@7.2/host/xsave=off/xsaves=on"],
    ["kvm@6.1+qemu@7.2/Skylake-Client/phys-bits=42", "kvm@6.1+qemu@7.2/Skylake-Client/phys-bits=42"],
    [" virtualbox@6.1 ", "virtualbox@6.1"],
    ["virtualbox", "virtualbox@6.1"],
    ["kvm", "kvm@6.1+qemu@5.2/host-model"],
    ["kvm/nested=1+qemu@5.1/host", "kvm@6.1/nested=1+qemu@5.1/host"],
    ["kvm@5.10+qemu/host/-xsave", "kvm@5.10+qemu@7.2/host/xsave=off"],
    ["kvm@5.10+qemu", "kvm@5.10+qemu@7.2/host-model"],
  ])("%s is %s in full, and that again is itself", (text, full) => {
    const spec = parseColumn(text, ALL);
    expect(spec.text).toBe(full);
    expect(parseColumn(spec.text, ALL)).toEqual(spec);
  });
});

describe("errors are one line that says what and gives the nearest names", () => {
  test.each([
    ["kvn@6.1", 'column "kvn@6.1": unknown personality "kvn" (nearest: kvm, metal, ideal)'],
    ["kvm@5.10@6.1", 'column "kvm@5.10@6.1": "kvm@5.10@6.1" must name one release: kvm@6.1'],
    ["kvm@6.2", 'column "kvm@6.2": kvm has no release "6.2" (nearest: 6.1, 5.10)'],
    ["kvm@6.1/nestd=1", 'column "kvm@6.1/nestd=1": kvm has no parameter "nestd" (nearest: nested)'],
    ["kvm@6.1/nested", 'column "kvm@6.1/nested": "nested" is not of the form name=value'],
    ["kvm@6.1/nested=2", 'column "kvm@6.1/nested=2": nested takes 0 or 1, not "2"'],
    ["kvm@6.1/nested=1/nested=1", 'column "kvm@6.1/nested=1/nested=1": parameter "nested" is given twice'],
    ["kvm@6.1+qem@7.2", 'column "kvm@6.1+qem@7.2": unknown VMM "qem" (nearest: qemu)'],
    [
      "kvm@6.1+qemu@7.2/Skylake",
      'column "kvm@6.1+qemu@7.2/Skylake": qemu has no CPU model "Skylake" (nearest: Skylake-Client, host, host-model)',
    ],
    [
      "kvm@6.1+qemu@7.2/host/xsavs=on",
      'column "kvm@6.1+qemu@7.2/host/xsavs=on": qemu has no CPU flag "xsavs" (nearest: xsave, xsaves, phys-bits)',
    ],
    ["kvm@6.1+qemu@7.2/host/xsave=1", 'column "kvm@6.1+qemu@7.2/host/xsave=1": xsave takes on or off, not "1"'],
    [
      "kvm@6.1+qemu@7.2/host/phys-bits=60",
      'column "kvm@6.1+qemu@7.2/host/phys-bits=60": phys-bits takes 32 to 52, not "60"',
    ],
    ["virtualbox@6.1+qemu@7.2", 'column "virtualbox@6.1+qemu@7.2": virtualbox takes no VMM ("+qemu@7.2")'],
    ["kvm@6.1/nested=0", 'column "kvm@6.1/nested=0": is not nested'],
    ["", 'column "": unknown personality "" (nearest: kvm, metal, ideal)'],
  ])("%s", (text, message) => {
    expect(() => parseColumn(text, ALL)).toThrow(message);
  });
});
