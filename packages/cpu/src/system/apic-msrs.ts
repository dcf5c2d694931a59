import { MSRS } from "@hvdiff/spec";
import { readApicMsr, writeApicMsr } from "../apic/register-access.ts";
import * as R from "../apic/registers.ts";
import { resetLocalApic } from "../apic/reset.ts";
import { armDeadline } from "../apic/timer.ts";
import type { Processor } from "../processor.ts";
import { hasFeature } from "./features.ts";
import { apicBase } from "./msr-legalizers.ts";
import type { MsrRule } from "./msr-rule.ts";
import { storedMsr, storeMsr } from "./msr-storage.ts";

const ENABLE = 0x800n;
const FIRST = 0x800;
const COUNT = 0x100;
const APIC_BASE = MSRS.IA32_APIC_BASE.address;

/** Turning the local APIC off loses what it held. */
function writeApicBase(c: Processor, value: bigint): boolean {
  const legal = apicBase(c, value, storedMsr(c, APIC_BASE));
  if (legal === undefined) return false;
  storeMsr(c, APIC_BASE, legal);
  if ((legal & ENABLE) === 0n) resetLocalApic(c);
  else c.apic.modeChanged();
  return true;
}

const registers: readonly [number, MsrRule][] = Array.from({ length: COUNT }, (_, n) => [
  FIRST + n,
  {
    exists: (c) => hasFeature(c, "x2apic"),
    read: (c, time) => readApicMsr(c, FIRST + n, time),
    write: (c, value, time) => writeApicMsr(c, FIRST + n, value, time),
  },
]);

/** IA32_APIC_BASE, IA32_TSC_DEADLINE and the registers of x2APIC mode. */
export const APIC_MSR_RULES: readonly [number, MsrRule][] = [
  [APIC_BASE, { exists: (c) => hasFeature(c, "apic"), read: (c) => storedMsr(c, APIC_BASE), write: writeApicBase }],
  [
    MSRS.IA32_TSC_DEADLINE.address,
    {
      exists: (c) => hasFeature(c, "tsc-deadline"),
      read: (c) => c.get64(R.TSC_DEADLINE),
      write: (c, value) => {
        armDeadline(c, value);
        return true;
      },
    },
  ],
  ...registers,
];
