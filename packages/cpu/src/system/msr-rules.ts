import { MSRS } from "@hvdiff/spec";
import { CET_MSR_RULES } from "../enforcement/cet-msrs.ts";
import type { Processor } from "../processor.ts";
import { XSS } from "../state-layout.ts";
import { AMD_MSR_RULES } from "./amd-msrs.ts";
import { APIC_MSR_RULES } from "./apic-msrs.ts";
import { readEfer, writeEfer } from "./efer.ts";
import { cpuidEntry } from "./features.ts";
import * as L from "./msr-legalizers.ts";
import { command, constant, each, feature, kept, type MsrRule } from "./msr-rule.ts";
import { STORED_MSRS, storedMsr } from "./msr-storage.ts";
import { fixedCounters, generalCounters, globalCounterBits } from "./performance-counters.ts";
import { writePkrs } from "./protection-keys.ts";
import { readSegmentBase, writeSegmentBase } from "./segment-bases.ts";
import { readTsc, writeTsc, writeTscAdjust } from "./time-stamp.ts";
import { supportedXss } from "./xsave-components.ts";

/** General-purpose performance counters, from CPUID leaf 0AH. */
const hasCounter =
  (n: number) =>
  (c: Processor): boolean =>
    n < generalCounters(c.model);

/** Fixed-function counters, from CPUID leaf 0AH. */
const hasFixedCounter =
  (n: number) =>
  (c: Processor): boolean =>
    ((fixedCounters(c.model) >>> n) & 1) !== 0;

const isIntel = (c: Processor): boolean => c.model.vendor === "intel";

const hasPerformanceMonitoring = (c: Processor): boolean => ((cpuidEntry(c.model, 0xa, 0)?.eax ?? 0) & 0xff) !== 0;

const MTRRCAP_DEFAULT = 0x50an;
const DEBUGCTL_BITS = 0xdfc3n;
const SPEC_CTRL_BITS = 0x7n;
const LOW_HALF = 0xffff_ffffn;

/** CTL, STATUS, ADDR, MISC of a machine-check bank. The SDM has #GP for ones in ADDR and MISC; processors whose banks can be written keep them. */
const MACHINE_CHECK_BANK = [L.zeroOrOnes, L.onlyZero, L.anyValue, L.anyValue] as const;

/** Of what it turns on the last-branch record takes effect at once. */
function debugControl(): [number, MsrRule] {
  const [address, rule] = kept(MSRS.IA32_DEBUGCTL.address, L.onlyBits(DEBUGCTL_BITS));
  const write = (c: Processor, value: bigint, time: number): boolean => {
    const accepted = rule.write!(c, value, time);
    c.translationChanged();
    return accepted;
  };
  return [address, { ...rule, write }];
}

const SYSTEM_RULES: readonly [number, MsrRule][] = [
  [MSRS.IA32_TIME_STAMP_COUNTER.address, { read: readTsc, write: writeTsc }],
  [
    MSRS.IA32_TSC_ADJUST.address,
    { exists: feature("tsc-adjust"), read: (c) => storedMsr(c, MSRS.IA32_TSC_ADJUST.address), write: writeTscAdjust },
  ],
  [MSRS.IA32_EFER.address, { exists: feature("lm", "nx", "syscall"), read: readEfer, write: writeEfer }],
  [
    MSRS.IA32_XSS.address,
    {
      exists: feature("xsaves"),
      read: (c) => c.get64(XSS),
      write: (c, value) => {
        if ((value & ~supportedXss(c)) !== 0n) return false;
        c.set64(XSS, value);
        return true;
      },
    },
  ],
  [
    MSRS.IA32_FS_BASE.address,
    { exists: feature("lm"), read: (c) => readSegmentBase(c, 4), write: (c, v) => writeSegmentBase(c, 4, v) },
  ],
  [
    MSRS.IA32_GS_BASE.address,
    { exists: feature("lm"), read: (c) => readSegmentBase(c, 5), write: (c, v) => writeSegmentBase(c, 5, v) },
  ],
  kept(MSRS.IA32_FEATURE_CONTROL.address, L.featureControl, feature("vmx", "smx")),
  kept(MSRS.IA32_SPEC_CTRL.address, L.onlyBits(SPEC_CTRL_BITS), feature("spec-ctrl", "ssbd", "stibp")),
  kept(MSRS.IA32_SYSENTER_CS.address, L.anyValue, feature("sep")),
  kept(MSRS.IA32_STAR.address, L.anyValue, feature("lm")),
  kept(MSRS.IA32_FMASK.address, L.onlyBits(LOW_HALF), feature("lm")),
  kept(MSRS.IA32_TSC_AUX.address, L.onlyBits(LOW_HALF), feature("rdtscp", "rdpid")),
  debugControl(),
  kept(MSRS.IA32_SMM_MONITOR_CTL.address, () => undefined, feature("vmx", "smx")),
  kept(MSRS.IA32_UMWAIT_CONTROL.address, L.onlyBits(LOW_HALF & ~2n), feature("waitpkg")),
  kept(MSRS.IA32_TSX_CTRL.address, L.onlyBits(3n), (c) => ((c.model.msrs.get(0x10a) ?? 0n) & 0x80n) !== 0n),
  kept(
    MSRS.MSR_MISC_FEATURE_ENABLES.address,
    L.onlyBits(1n),
    (c) => ((c.model.msrs.get(0xce) ?? 0n) & (1n << 31n)) !== 0n,
  ),
  [
    MSRS.IA32_PKRS.address,
    { exists: feature("pks"), read: (c) => storedMsr(c, MSRS.IA32_PKRS.address), write: writePkrs },
  ],
  kept(MSRS.IA32_BNDCFGS.address, L.canonical, feature("mpx")),
  ...CET_MSR_RULES,
  ...L.CANONICAL_MSRS.map((address) => kept(address, L.canonical)),
  constant(MSRS.IA32_ARCH_CAPABILITIES.address, 0n, feature("arch-capabilities")),
  command(MSRS.IA32_PRED_CMD.address, 1n, feature("spec-ctrl")),
  command(MSRS.IA32_FLUSH_CMD.address, 1n, feature("flush-l1d")),
  command(MSRS.IA32_BIOS_UPDT_TRIG.address, -1n, isIntel),
];

const MEMORY_TYPE_RULES: readonly [number, MsrRule][] = [
  kept(MSRS.IA32_PAT.address, L.patTypes, feature("pat")),
  constant(MSRS.IA32_MTRRCAP.address, MTRRCAP_DEFAULT, feature("mtrr")),
  kept(MSRS.IA32_MTRR_DEF_TYPE.address, L.mtrrDefaultType, feature("mtrr")),
  ...each(MSRS.IA32_MTRR_PHYSBASE0.address, 20, (address, n) =>
    kept(
      address,
      n % 2 === 0 ? L.variableRangeBase : L.variableRangeMask,
      (c) => BigInt(n >> 1) < ((c.model.msrs.get(MSRS.IA32_MTRRCAP.address) ?? MTRRCAP_DEFAULT) & 0xffn),
    ),
  ),
  ...STORED_MSRS.filter((address) => address >= 0x250 && address <= 0x26f).map((address) =>
    kept(address, L.fixedRangeTypes, feature("mtrr")),
  ),
];

const MONITORING_RULES: readonly [number, MsrRule][] = [
  constant(MSRS.IA32_PLATFORM_ID.address, 0n, isIntel),
  kept(MSRS.IA32_BIOS_SIGN_ID.address),
  kept(MSRS.IA32_MISC_ENABLE.address, L.anyValue, isIntel),
  constant(MSRS.IA32_MCG_CAP.address, 4n, feature("mca")),
  kept(MSRS.IA32_MCG_STATUS.address, L.anyValue, feature("mca")),
  ...each(MSRS.IA32_MC0_CTL.address, 16, (address, n) => kept(address, MACHINE_CHECK_BANK[n % 4]!, feature("mca"))),
  ...each(MSRS.IA32_PMC0.address, 8, (address, n) => kept(address, L.anyValue, hasCounter(n))),
  ...each(MSRS.IA32_PERFEVTSEL0.address, 8, (address, n) => kept(address, L.onlyBits(LOW_HALF), hasCounter(n))),
  ...each(MSRS.IA32_FIXED_CTR0.address, 4, (address, n) => kept(address, L.anyValue, hasFixedCounter(n))),
  kept(MSRS.IA32_DS_AREA.address, L.canonical, feature("ds")),
  kept(MSRS.IA32_FIXED_CTR_CTRL.address, L.anyValue, hasPerformanceMonitoring),
  kept(
    MSRS.IA32_PERF_GLOBAL_CTRL.address,
    (c, value) => ((value & ~globalCounterBits(c.model)) === 0n ? value : undefined),
    hasPerformanceMonitoring,
  ),
  constant(MSRS.IA32_PERF_GLOBAL_STATUS.address, 0n, hasPerformanceMonitoring),
  command(MSRS.IA32_PERF_GLOBAL_OVF_CTRL.address, -1n, hasPerformanceMonitoring),
  constant(MSRS.IA32_PERF_CAPABILITIES.address, 0n, feature("pdcm")),
  kept(MSRS.IA32_MPERF.address, L.anyValue, feature("aperfmperf")),
  kept(MSRS.IA32_APERF.address, L.anyValue, feature("aperfmperf")),
  constant(MSRS.IA32_PERF_STATUS.address, 0n, feature("est")),
  kept(MSRS.IA32_PERF_CTL.address, L.anyValue, feature("est")),
  kept(MSRS.IA32_CLOCK_MODULATION.address, L.anyValue, feature("acpi")),
  kept(MSRS.IA32_THERM_INTERRUPT.address, L.anyValue, feature("acpi")),
  kept(MSRS.IA32_THERM_STATUS.address, L.anyValue, feature("acpi")),
  kept(MSRS.IA32_ENERGY_PERF_BIAS.address, L.onlyBits(0xfn), feature("epb")),
];

/** How each MSR is read and written. Capability MSRs of the model that are not here are read-only. */
export const MSR_RULES: ReadonlyMap<number, MsrRule> = new Map([
  ...APIC_MSR_RULES,
  ...SYSTEM_RULES,
  ...MEMORY_TYPE_RULES,
  ...MONITORING_RULES,
  ...AMD_MSR_RULES,
]);
