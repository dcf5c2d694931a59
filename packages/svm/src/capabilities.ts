import type { CpuModel } from "@hvdiff/cpu";

const SVM_LEAF = 0x8000_000a;

/** What a processor's SVM can do: CPUID leaf 8000_000AH (APM 3 "Function 8000_000Ah-SVM Features"). */
export interface SvmCapabilities {
  readonly asids: number;
  readonly nestedPaging: boolean;
  readonly lbrVirtualization: boolean;
  readonly nextRip: boolean;
  readonly tscRatio: boolean;
  readonly flushByAsid: boolean;
  readonly decodeAssists: boolean;
  readonly pauseFilter: boolean;
  readonly pauseFilterThreshold: boolean;
  readonly virtualVmloadVmsave: boolean;
  readonly virtualGif: boolean;
  readonly guestModeExecuteTrap: boolean;
  readonly virtualNmi: boolean;
  /** Bits of the high half of an address that the processor does not have. */
  readonly reservedAddressHigh: number;
  /** Size of physical memory that addresses reach. */
  readonly addressLimit: number;
}

/** The SVM of a processor model. */
export function capabilitiesOf(model: CpuModel): SvmCapabilities {
  const leaf = model.cpuid.find((entry) => entry.leaf === SVM_LEAF);
  const has = (bit: number): boolean => (((leaf?.edx ?? 0) >>> bit) & 1) === 1;
  const width = model.maxPhysicalAddress;
  return {
    asids: leaf?.ebx ?? 0,
    nestedPaging: has(0),
    lbrVirtualization: has(1),
    nextRip: has(3),
    tscRatio: has(4),
    flushByAsid: has(6),
    decodeAssists: has(7),
    pauseFilter: has(10),
    pauseFilterThreshold: has(12),
    virtualVmloadVmsave: has(15),
    virtualGif: has(16),
    guestModeExecuteTrap: has(17),
    virtualNmi: has(25),
    reservedAddressHigh: ~(2 ** (width - 32) - 1),
    addressLimit: 2 ** width,
  };
}
