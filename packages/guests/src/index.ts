import { bytesOfBase64 } from "./image-bytes.ts";
import { IMAGES } from "./images-table.ts";
import type { Scenario } from "./scenario.ts";
import { astray } from "./scenarios/astray.ts";
import { capabilities } from "./scenarios/capabilities.ts";
import { cpuidStorm } from "./scenarios/cpuid-storm.ts";
import { cr4Cached } from "./scenarios/cr4-cached.ts";
import { cr4Crash } from "./scenarios/cr4-crash.ts";
import { cr4Loop } from "./scenarios/cr4-loop.ts";
import { emulatedSteps } from "./scenarios/emulated-steps.ts";
import { enlightenedVmcs } from "./scenarios/enlightened-vmcs.ts";
import { enlightenedVmptrld } from "./scenarios/enlightened-vmptrld.ts";
import { entryChecks } from "./scenarios/entry-checks.ts";
import { eptWalk } from "./scenarios/ept-walk.ts";
import { exitMix } from "./scenarios/exit-mix.ts";
import { forgottenNotification } from "./scenarios/forgotten-notification.ts";
import { guestViews } from "./scenarios/guest-views.ts";
import { haltedEntry } from "./scenarios/halted-entry.ts";
import { hypercalls } from "./scenarios/hypercalls.ts";
import { initByVmmcall } from "./scenarios/init-by-vmmcall.ts";
import { initByVmmcallUnchecked } from "./scenarios/init-by-vmmcall-unchecked.ts";
import { initInRoot } from "./scenarios/init-in-root.ts";
import { interceptedFaults } from "./scenarios/intercepted-faults.ts";
import { l2Flush } from "./scenarios/l2-flush.ts";
import { lateInterrupt } from "./scenarios/late-interrupt.ts";
import { latePostedInterrupt } from "./scenarios/late-posted-interrupt.ts";
import { leftToProcessor } from "./scenarios/left-to-processor.ts";
import { lostIpi } from "./scenarios/lost-ipi.ts";
import { msrStorm } from "./scenarios/msr-storm.ts";
import { npt1g } from "./scenarios/npt-1g.ts";
import { npt2m } from "./scenarios/npt-2m.ts";
import { pageFaultStorm } from "./scenarios/page-fault-storm.ts";
import { physicalAddressWidth } from "./scenarios/physical-address-width.ts";
import { plainCpuid } from "./scenarios/plain-cpuid.ts";
import { repeatedInterrupt } from "./scenarios/repeated-interrupt.ts";
import { sleepingL2 } from "./scenarios/sleeping-l2.ts";
import { steeredInterrupt } from "./scenarios/steered-interrupt.ts";
import { steppedOutput } from "./scenarios/stepped-output.ts";
import { strayException } from "./scenarios/stray-exception.ts";
import { svmInstructions } from "./scenarios/svm-instructions.ts";
import { sxInitRedirect } from "./scenarios/sx-init-redirect.ts";
import { syntheticInterrupts } from "./scenarios/synthetic-interrupts.ts";
import { unbackedApicPage } from "./scenarios/unbacked-apic-page.ts";
import { vmcs12Memory } from "./scenarios/vmcs12-memory.ts";
import { vmrunChecks } from "./scenarios/vmrun-checks.ts";
import { vmxInstructionErrors } from "./scenarios/vmx-instruction-errors.ts";
import { waitingTimes } from "./scenarios/waiting-times.ts";
import { xsavesControl } from "./scenarios/xsaves-control.ts";
import { xsavesLateLaunch } from "./scenarios/xsaves-late-launch.ts";

export type { Need, Scenario } from "./scenario.ts";

/** All bundled scenarios, simplest first. */
export const SCENARIOS: readonly Scenario[] = [
  capabilities,
  xsavesControl,
  vmxInstructionErrors,
  vmcs12Memory,
  entryChecks,
  physicalAddressWidth,
  unbackedApicPage,
  leftToProcessor,
  emulatedSteps,
  interceptedFaults,
  steppedOutput,
  waitingTimes,
  eptWalk,
  guestViews,
  enlightenedVmcs,
  enlightenedVmptrld,
  l2Flush,
  syntheticInterrupts,
  exitMix,
  plainCpuid,
  cpuidStorm,
  msrStorm,
  pageFaultStorm,
  xsavesLateLaunch,
  cr4Loop,
  cr4Crash,
  cr4Cached,
  haltedEntry,
  hypercalls,
  initInRoot,
  lostIpi,
  strayException,
  lateInterrupt,
  repeatedInterrupt,
  latePostedInterrupt,
  forgottenNotification,
  sleepingL2,
  steeredInterrupt,
  astray,
  npt2m,
  npt1g,
  svmInstructions,
  vmrunChecks,
  sxInitRedirect,
  initByVmmcall,
  initByVmmcallUnchecked,
];

/** The bytes of a scenario's image: an ELF32 multiboot 1 file. They are part of the code, so that a browser has them as well. */
export function loadImage(id: string): Uint8Array {
  const text = IMAGES[id];
  if (text === undefined) throw new RangeError(`no bundled scenario is called ${JSON.stringify(id)}`);
  return bytesOfBase64(text);
}
