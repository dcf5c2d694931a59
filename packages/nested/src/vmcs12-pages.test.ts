import { findCpuModel } from "@hvdiff/cpu";
import { vmptrld } from "@hvdiff/vmx";
import { expect, test } from "vitest";
import { createNestedMachine } from "./create.ts";
import type { L0 } from "./l0.ts";
import { ARCHITECTURAL_POLICY, type NestedPolicy } from "./policy.ts";

const MIB = 0x100000;
const FIRST_PAGE = 4 * MIB;
const PAGES = 8192;
const POINTERS = 100_000;

test.each<NestedPolicy["vmcs12"]["home"]>(["memory", "copy"])(
  "an L0 needs no more memory for 100,000 VMPTRLDs of different pages, kept as %s",
  (home) => {
    const model = findCpuModel("skylake-client")!;
    const machine = createNestedMachine({
      silicon: model,
      guestModel: model,
      policy: { ...ARCHITECTURAL_POLICY, vmcs12: { home, fieldOffsets: null } },
      memory: 64 * MIB,
      firmware: "seabios",
      image: new Uint8Array([0xf4]),
      entry: 0x7c00,
      loadAddress: 0x7c00,
      mode: 16,
    });
    machine.runChoicePoints(1);
    const l0 = machine.client as L0;
    const { environment, guestCpu } = l0.vcpus[0]!;
    for (let page = 0; page < PAGES; page++)
      guestCpu.write32(FIRST_PAGE + page * 4096, environment.capabilities.revisionId);
    environment.inVmxOperation = true;
    const before = l0.state.pool.next;
    for (let n = 0; n < POINTERS; n++)
      if (vmptrld(environment, FIRST_PAGE + (n % PAGES) * 4096, 0).kind !== "succeed") throw new Error(`VMPTRLD ${n}`);
    expect(l0.state.pool.next - before).toBeLessThanOrEqual(4096);
    expect(environment.currentPointer).toBe(FIRST_PAGE + ((POINTERS - 1) % PAGES) * 4096);
  },
);
