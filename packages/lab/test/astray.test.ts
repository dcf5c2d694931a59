import { describe, expect, test } from "vitest";
import { createLab } from "../src/index.ts";

const lab = createLab();
const QUIRK = "kvm/emulation/fetch-where-nothing-is";

describe("processors that slide through zeros into nothing", () => {
  const { columns } = lab.diff({ scenario: "astray" }, ["metal", "ideal", "kvm@5.10"]);
  const [metal, ideal, kvm] = columns;

  test("take #UD on a processor", () => {
    expect(metal!.serial).toMatch(/^verdict undefined-opcode = 3\nverdict rip = 0xb0000$/m);
    expect(ideal!.serial).toBe(metal!.serial);
  });

  test("stop a virtual machine of KVM's, which says where", () => {
    const { kind, where, dump } = kvm!.outcome;
    expect({ kind, rip: where?.rip }).toEqual({ kind: "l0-error", rip: "0xb0000" });
    expect(dump).toMatch(/^KVM internal error\. Suberror: 1\nemulation failure\nRAX=[0-9a-f]{16} RBX=/);
    expect(dump).toMatch(/^RIP=00000000000b0000 RFL=0001[0-9a-f]{4} \[[-DOSZAPC]{7}\] CPL=0 II=0 A20=1 SMM=0 HLT=0$/m);
    expect(dump).toMatch(/^CS =[0-9a-f]{4} 0{16} ffffffff 00a09b00 DPL=0 CS64 \[-RA\]$/m);
    expect(dump).toMatch(/^Code=(00 ){20}<ff>( ff){29}$/m);
  });

  test("do so because of what KVM does with the fetch", () => {
    expect(JSON.stringify(kvm)).toContain(QUIRK);
    const without = lab.diff({ scenario: "astray" }, ["kvm@5.10"], { quirks: [`-${QUIRK}`] });
    expect(without.columns[0]!.serial).toBe(metal!.serial);
  });
});
