import { addressHigh, joinAddress, lowHalf } from "./address.ts";
import type { VmxCapabilities } from "./capabilities.ts";
import type { VmxEnvironment } from "./environment.ts";
import { isEptPointerValid } from "./ept/ept-pointer.ts";

/** One check of a VMX instruction's pointer operand, in the order of its policy list. */
export interface PointerCheck {
  readonly id: string;
  readonly sdm: string;
  /** VM-instruction error; 0 means VMfailInvalid. */
  readonly error: number;
  violated(env: VmxEnvironment, lo: number, hi: number): boolean;
}

/** One precondition of VMLAUNCH and VMRESUME that comes before the checks of the VMCS. */
export interface EntryPrecondition {
  readonly id: string;
  readonly sdm: string;
  readonly error: number;
  violated(env: VmxEnvironment, isLaunch: boolean): boolean;
}

/** Decision points of the VMX instructions. The defaults are the architecture's; another implementation replaces some. */
export interface VmxPolicy {
  readonly vmxonPointerChecks: readonly PointerCheck[];
  readonly vmclearPointerChecks: readonly PointerCheck[];
  readonly vmptrldPointerChecks: readonly PointerCheck[];
  readonly entryPreconditions: readonly EntryPrecondition[];
  /** Whether VMREAD and VMWRITE know the field. */
  isFieldSupported(capabilities: VmxCapabilities, index: number): boolean;
  /** Whether VMWRITE may change VM-exit information fields. */
  isReadOnlyFieldWritable(capabilities: VmxCapabilities): boolean;
  /** Bits of a segment's access rights that VMWRITE writes; what becomes of reserved ones is not defined. */
  readonly writtenAccessRights: number;
  /** Supported INVEPT types as a mask. */
  inveptTypes(capabilities: VmxCapabilities): number;
  /** Supported INVVPID types as a mask. */
  invvpidTypes(capabilities: VmxCapabilities): number;
  /** Whether single-context INVEPT accepts this EPTP. */
  isInveptEptpValid(capabilities: VmxCapabilities, lo: number, hi: number): boolean;
  /** Whether VMXOFF leaves the data of the current VMCS in memory. */
  readonly writesBackAtVmxoff: boolean;
  /** VM-instruction error of VMCALL in root operation; -1 where the instruction succeeds and does nothing. */
  vmcallInRootError(env: VmxEnvironment): number;
}

function isMisplaced(env: VmxEnvironment, lo: number, hi: number): boolean {
  return (lo & 0xfff) !== 0 || (hi & env.capabilities.reservedStructureHigh) !== 0;
}

function isVmxonPointer(env: VmxEnvironment, lo: number, hi: number): boolean {
  return lowHalf(env.vmxonPointer) === lo && addressHigh(env.vmxonPointer) === hi;
}

function hasOtherRevision(env: VmxEnvironment, lo: number, hi: number): boolean {
  return (env.readRevision(joinAddress(lo, hi)) & 0x7fffffff) !== env.capabilities.revisionId;
}

function isWrongShadow(env: VmxEnvironment, lo: number, hi: number): boolean {
  const shadowing = (env.capabilities.controls.secondary.allowed & (1 << 14)) !== 0;
  return env.readRevision(joinAddress(lo, hi)) < 0 && !shadowing;
}

const VMXON = '3C "VMXON—Enter VMX Operation"';
const VMCLEAR = '3C "VMCLEAR—Clear Virtual-Machine Control Structure"';
const VMPTRLD = '3C "VMPTRLD—Load Pointer to Virtual-Machine Control Structure"';
const ENTRY = '3C "VMLAUNCH/VMRESUME—Launch/Resume Virtual Machine"';

/** The architecture's checks of the VMXON pointer. */
export const VMXON_POINTER_CHECKS: readonly PointerCheck[] = [
  { id: "vmxon.address", sdm: VMXON, error: 0, violated: isMisplaced },
  { id: "vmxon.revision", sdm: VMXON, error: 0, violated: hasOtherRevision },
  {
    id: "vmxon.shadowIndicator",
    sdm: VMXON,
    error: 0,
    violated: (env, lo, hi) => env.readRevision(joinAddress(lo, hi)) < 0,
  },
];

/** The architecture's checks of VMCLEAR's operand. */
export const VMCLEAR_POINTER_CHECKS: readonly PointerCheck[] = [
  { id: "vmclear.address", sdm: VMCLEAR, error: 2, violated: isMisplaced },
  { id: "vmclear.vmxonPointer", sdm: VMCLEAR, error: 3, violated: isVmxonPointer },
];

/** The architecture's checks of VMPTRLD's operand. */
export const VMPTRLD_POINTER_CHECKS: readonly PointerCheck[] = [
  { id: "vmptrld.address", sdm: VMPTRLD, error: 9, violated: isMisplaced },
  { id: "vmptrld.vmxonPointer", sdm: VMPTRLD, error: 10, violated: isVmxonPointer },
  { id: "vmptrld.revision", sdm: VMPTRLD, error: 11, violated: hasOtherRevision },
  { id: "vmptrld.shadowIndicator", sdm: VMPTRLD, error: 11, violated: isWrongShadow },
];

/** What must hold before a VM entry looks at the VMCS. */
export const ENTRY_PRECONDITIONS: readonly EntryPrecondition[] = [
  {
    id: "entry.shadowVmcs",
    sdm: ENTRY,
    error: 0,
    violated: (env) => env.readRevision(env.currentPointer) < 0,
  },
  { id: "entry.blockedByMovSs", sdm: ENTRY, error: 26, violated: (env) => env.context.isBlockedByMovSs },
  {
    id: "entry.launchNonClear",
    sdm: ENTRY,
    error: 4,
    violated: (env, isLaunch) => isLaunch && env.isLaunched(env.currentPointer),
  },
  {
    id: "entry.resumeNonLaunched",
    sdm: ENTRY,
    error: 5,
    violated: (env, isLaunch) => !isLaunch && !env.isLaunched(env.currentPointer),
  },
];

/** What the manual says at every decision point. */
export const ARCHITECTURAL_VMX_POLICY: VmxPolicy = {
  vmxonPointerChecks: VMXON_POINTER_CHECKS,
  vmclearPointerChecks: VMCLEAR_POINTER_CHECKS,
  vmptrldPointerChecks: VMPTRLD_POINTER_CHECKS,
  entryPreconditions: ENTRY_PRECONDITIONS,
  isFieldSupported: (capabilities, index) => capabilities.fieldExists[index] === 1,
  isReadOnlyFieldWritable: (capabilities) => capabilities.misc.vmwriteExitInformation,
  inveptTypes: ({ ept }) => (ept.inveptSingleContext ? 2 : 0) | (ept.inveptAllContext ? 4 : 0),
  invvpidTypes: ({ ept }) =>
    (ept.invvpidIndividualAddress ? 1 : 0) |
    (ept.invvpidSingleContext ? 2 : 0) |
    (ept.invvpidAllContext ? 4 : 0) |
    (ept.invvpidSingleContextRetainingGlobals ? 8 : 0),
  isInveptEptpValid: isEptPointerValid,
  writesBackAtVmxoff: true,
  writtenAccessRights: -1,
  vmcallInRootError: () => 1,
};
