import { CPU_MODELS } from "@hvdiff/cpu";
import { expect, test } from "vitest";
import { createVmcsLayout } from "../src/vmcs-layout.ts";
import { capabilitiesOf } from "../src/vmx.ts";

const INTEL = CPU_MODELS.filter(({ vendor }) => vendor === "intel");

test.each(INTEL.map((model) => [model.id, model] as const))("the VMCS region of %s holds its fields", (_, model) => {
  const capabilities = capabilitiesOf(model);
  expect(createVmcsLayout(capabilities).size).toBeLessThanOrEqual(capabilities.regionSize);
});
