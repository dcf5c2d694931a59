import type { Processor } from "@hvdiff/cpu";
import type { VmxCapabilities } from "./capabilities.ts";
import { EntryCheckContext, EntryCheckPlan } from "./entry/check.ts";
import type { EntryCheckLists } from "./entry/lists.ts";
import { EptSecondStage } from "./ept/second-stage.ts";
import { ExitInformation } from "./exit/information.ts";
import { createGuestPlans, type GuestPlans } from "./guest-plans.ts";
import type { VmwriteOperands } from "./instructions/vmwrite.ts";
import type { MemoryVmcs } from "./memory-vmcs.ts";
import { createMsrWords, type MsrWords } from "./msr-words.ts";
import type { VmxPolicy } from "./policy.ts";
import { ProcessorVmxEnvironment } from "./processor-environment.ts";
import type { ShadowListener } from "./shadow-listener.ts";
import type { VmcsLayout } from "./vmcs-layout.ts";

/** What a `VmxCore` is made of. */
export interface VmxCoreOptions {
  readonly capabilities: VmxCapabilities;
  readonly layout: VmcsLayout;
  readonly policy: VmxPolicy;
  readonly checks: EntryCheckLists;
}

/** The parts of one processor's VMX that instructions, entry, exit and intercepts share. State is in the processor's words. */
export class VmxCore {
  readonly c: Processor;
  readonly s: Int32Array;
  readonly capabilities: VmxCapabilities;
  readonly policy: VmxPolicy;
  checkPlan: EntryCheckPlan;
  readonly guestPlans: GuestPlans;
  readonly environment: ProcessorVmxEnvironment;
  readonly checkContext: EntryCheckContext;
  readonly information = new ExitInformation();
  readonly ept: EptSecondStage;
  readonly msrWords: MsrWords;
  readonly writeOperands: VmwriteOperands = { encodingLow: 0, encodingHigh: 0, valueLow: 0, valueHigh: 0 };
  /** Retired instructions when the guest of the entry under way starts. */
  retiredAtEntry = 0;
  /** Id of the entry check that failed last, for traces. */
  failedCheck: string | null = null;
  /** Root mode belongs to a client in TypeScript, so transitions are not the guest's to see. */
  hasRootClient = false;
  /** Who is told of VMREADs and VMWRITEs of the guest that did not exit. */
  shadowListener: ShadowListener | null = null;
  /** The VMCS whose guest state the registers still hold in root mode. A cache beside `KEPT_POINTER`: null is always right. */
  resident: MemoryVmcs | null = null;

  constructor(processor: Processor, options: VmxCoreOptions) {
    this.c = processor;
    this.s = processor.s;
    this.capabilities = options.capabilities;
    this.policy = options.policy;
    this.checkPlan = new EntryCheckPlan(options.checks);
    this.msrWords = createMsrWords();
    this.guestPlans = createGuestPlans(options.layout, this.msrWords);
    this.environment = new ProcessorVmxEnvironment(processor, options, this.msrWords.featureControl);
    this.checkContext = new EntryCheckContext(options.capabilities, processor.memory, this.environment.current);
    this.ept = new EptSecondStage(this);
  }

  /** View of the VMCS that is being entered, is running, or has exited: the environment's current one. */
  get vmcs(): MemoryVmcs {
    return this.environment.current;
  }

  /** Replaces the lists of entry checks. */
  useChecks(lists: EntryCheckLists): void {
    this.checkPlan = new EntryCheckPlan(lists);
    this.environment.forgetAddresses();
  }
}
