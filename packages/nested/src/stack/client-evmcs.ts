import type { CpuModel, PhysicalMemory } from "@hvdiff/cpu";
import { EVMCS_VERSION, VMCS_FIELD_NAMES, VP_ASSIST_OFFSETS } from "@hvdiff/spec";
import { SUCCEED, type VmxOutcome } from "@hvdiff/vmx";
import { EvmcsPage } from "../enlightened/evmcs-page.ts";
import type { Mechanisms } from "../mechanisms.ts";
import { ClientFailure } from "./client-instructions.ts";
import type { FieldAccess } from "./client-vmcs.ts";

/*
 * Enlightened VMCSs as a hypervisor uses them that stands on one which recommends them (Hypervisor Top-Level Functional Specification, "Nested
 * Virtualization"): fields are loaded from and stored to its own memory, and no instruction makes one current.
 */

const FOUR_GIB = 0x1_0000_0000;
const RECOMMENDATIONS = 0x4000_0004;
const NESTED_FEATURES = 0x4000_000a;
const RECOMMENDS_ENLIGHTENED_VMCS = 1 << 14;
const FLUSHES_GUEST_PHYSICAL = 1 << 18;

function eaxOf({ cpuid }: CpuModel, wanted: number): number {
  return cpuid.find(({ leaf }) => leaf >>> 0 === wanted)?.eax ?? 0;
}

/** Whether a processor's CPUID recommends enlightened VMCSs of the version that there is. */
export function recommendsEnlightenedVmcs(model: CpuModel): boolean {
  const versions = eaxOf(model, NESTED_FEATURES);
  const [lowest, highest] = [versions & 0xff, (versions >>> 8) & 0xff];
  const isRecommended = (eaxOf(model, RECOMMENDATIONS) & RECOMMENDS_ENLIGHTENED_VMCS) !== 0;
  return isRecommended && lowest <= EVMCS_VERSION && EVMCS_VERSION <= highest;
}

/** What a hypervisor uses of the interface of the one below it. */
export interface ClientEnlightenments {
  readonly vmcs: boolean;
  readonly flush: boolean;
}

/** What it uses is what it knows and the processor below offers. */
export function clientEnlightenments(
  { usesEnlightenedVmcs, flushesByHypercall }: Mechanisms,
  model: CpuModel,
): ClientEnlightenments {
  return {
    vmcs: usesEnlightenedVmcs && recommendsEnlightenedVmcs(model),
    flush: flushesByHypercall && (eaxOf(model, NESTED_FEATURES) & FLUSHES_GUEST_PHYSICAL) !== 0,
  };
}

/** A virtual processor's assist page as its owner writes it. */
export class AssistPage {
  private readonly memory: PhysicalMemory;
  private readonly page: number;

  constructor(memory: PhysicalMemory, page: number) {
    this.memory = memory;
    this.page = page;
  }

  /** VM entries go by the enlightened VMCS at this address. */
  use(address: number): VmxOutcome {
    const { memory, page } = this;
    memory.write32(page + VP_ASSIST_OFFSETS.currentNestedVmcs, address | 0);
    memory.write32(page + VP_ASSIST_OFFSETS.currentNestedVmcs + 4, Math.floor(address / FOUR_GIB));
    memory.write8(page + VP_ASSIST_OFFSETS.enlightenVmEntry, 1);
    return SUCCEED;
  }
}

/** Fields of an enlightened VMCS in its owner's memory. One that it does not have is taken as 0, as long as nothing else is wanted of it. */
export function enlightenedAccess(memory: PhysicalMemory, region: number): FieldAccess {
  const page = new EvmcsPage(memory, region);
  return {
    read: (fields) =>
      fields.map((index) => {
        const field = page.read(index);
        return [index, field?.lo ?? 0, field?.hi ?? 0];
      }),
    write(values) {
      for (const [index, low, high] of values)
        if (!page.write(index, low, high) && (low !== 0 || high !== 0))
          throw new ClientFailure(`an enlightened VMCS has no field ${VMCS_FIELD_NAMES[index]}`);
    },
  };
}
