import * as C from "../control-bits.ts";
import { CHANGED_ALL, CHANGED_CONTROLS, type MemoryVmcs } from "../memory-vmcs.ts";
import type { EntryCheckContext } from "./check.ts";

const CR0_PE = 1;
const RFLAGS_VM = 1 << 17;
const HOST_LONG_MODE = 2;

/**
 * Groups of fields whose checks may come out otherwise than at the last entry with this VMCS. Everything depends on the controls; the
 * checks of the TPR threshold read memory; those of segments and registers depend on CR0.PE and RFLAGS.VM.
 */
export function changedGroups(vmcs: MemoryVmcs, x: EntryCheckContext): number {
  const mode = (x.cr0 & CR0_PE) | (x.rflags & RFLAGS_VM) | (x.isHostLongMode ? HOST_LONG_MODE : 0);
  if ((vmcs.changed & CHANGED_CONTROLS) !== 0 || (x.primary & C.USE_TPR_SHADOW) !== 0 || mode !== vmcs.checkedMode) {
    vmcs.note(CHANGED_ALL);
    vmcs.checkedMode = mode;
  }
  return vmcs.changed;
}
