import type { CpuModel } from "@hvdiff/cpu";
import { entryCheckLists } from "@hvdiff/nested";
import { controlMask, hex } from "@hvdiff/spec";
import {
  allViolations,
  capabilitiesOf,
  ENTRY_CHECKS,
  type EntryCheck,
  EntryCheckContext,
  type EntryCheckLists,
  type VmxCapabilities,
} from "@hvdiff/vmx";
import { type RunOptions, UsageError } from "../api.ts";
import { configurationOf } from "../configuration.ts";
import { resolveColumn, resolveCpu } from "../resolve.ts";
import { type CheckedColumn, type CheckVmcsResult, type FailingCheck, SCHEMA_VERSION } from "../results.ts";
import { DumpedVmcs, type VmcsDump } from "./dumped-vmcs.ts";
import { parseJsonDump } from "./parse-json-dump.ts";
import { parseKvmDump } from "./parse-kvm-dump.ts";

const EFER_LMA = 0x400n;
const HOST_64 = BigInt(controlMask("exit", "hostAddressSpaceSize"));
const VMCS_SHADOWING = controlMask("secondary", "vmcsShadowing");
const SHADOW_INDICATOR = 1 << 31;

/** A column's processor and the checks that it makes. */
interface Checker {
  readonly column: string;
  readonly capabilities: VmxCapabilities;
  readonly lists: EntryCheckLists;
}

function checkerOf(column: string, silicon: CpuModel, options: RunOptions): Checker {
  const resolved = resolveColumn(column, silicon, options);
  const { guestModel, policy } = configurationOf(resolved, resolved.quirks, silicon);
  const capabilities = capabilitiesOf(guestModel);
  if (capabilities.regionSize === 0) throw new UsageError(`column "${column}": no VMX is offered there`);
  const onSilicon = resolved.spec.product === "metal";
  return { column, capabilities, lists: onSilicon ? ENTRY_CHECKS : entryCheckLists(policy) };
}

const OUTCOMES = { control: "VMfail 7", host: "VMfail 8", guest: "exit 33", "msr-load": "exit 34" } as const;

function outcomeOf(first: EntryCheck | undefined): string {
  if (first === undefined) return "enters";
  const { qualification } = first;
  return first.group === "guest" && qualification !== undefined
    ? `exit 33, qualification ${qualification}`
    : OUTCOMES[first.group];
}

function failing({ id, group, sdm }: EntryCheck): FailingCheck {
  return { id, group, sdm };
}

function contextOf(dump: VmcsDump, capabilities: VmxCapabilities): EntryCheckContext {
  const vmcs = new DumpedVmcs(dump.fields);
  const shadowing = (): number => ((context.secondary & VMCS_SHADOWING) !== 0 ? SHADOW_INDICATOR : 0);
  // What the link pointer points to is in nobody's dump: it passes for a VMCS of the right kind.
  const context: EntryCheckContext = new EntryCheckContext(
    capabilities,
    { read32: () => capabilities.revisionId | shadowing() },
    vmcs,
  );
  const isHost64 = (vmcs.read("vmExitControls") & HOST_64) !== 0n || (vmcs.read("hostIa32Efer") & EFER_LMA) !== 0n;
  context.prepare(vmcs, -1, isHost64);
  return context;
}

function checkedColumn(dump: VmcsDump, { column, capabilities, lists }: Checker): CheckedColumn {
  const context = contextOf(dump, capabilities);
  const violated = allViolations([...lists.control, ...lists.host, ...lists.guest], context);
  return { column, outcome: outcomeOf(violated[0]), failing: violated.map(failing) };
}

function parse(text: string): VmcsDump[] {
  const dumps = /^\s*[[{]/.test(text) && !/^\s*\[\s*\d+\.\d+\]/.test(text) ? parseJsonDump(text) : parseKvmDump(text);
  if (dumps.length === 0)
    throw new UsageError("no VMCS is in the file; it must hold KVM's dump (*** Guest State *** …) or JSON");
  return dumps;
}

/** Which VM-entry checks each column finds violated in dumped VMCSs. Errors: `UsageError`. */
export function checkVmcs(text: string, columns: readonly string[], options: RunOptions = {}): CheckVmcsResult {
  const silicon = resolveCpu(options);
  const checkers = columns.map((column) => checkerOf(column, silicon, options));
  return {
    schemaVersion: SCHEMA_VERSION,
    cpu: silicon.id,
    vmcss: parse(text).map((dump) => ({
      label: dump.label,
      fields: Object.fromEntries([...dump.fields].map(([name, value]) => [name, hex(value)])),
      columns: checkers.map((checker) => checkedColumn(dump, checker)),
    })),
  };
}
