import type { Processor } from "@hvdiff/cpu";
import type { VmxCapabilities } from "./capabilities.ts";
import { type EntryCheck, EntryCheckContext } from "./entry/check.ts";
import type { EntryCheckLists } from "./entry/lists.ts";
import { EptSecondStage } from "./ept/second-stage.ts";
import { ExitInformation } from "./exit/information.ts";
import type { VmwriteOperands } from "./instructions/vmwrite.ts";
import type { MemoryVmcs, VmcsLayout } from "./memory-vmcs.ts";
import { createMsrWords, type MsrWords } from "./msr-words.ts";
import type { VmxPolicy } from "./policy.ts";
import { ProcessorVmxEnvironment } from "./processor-environment.ts";

/** What a `VmxCore` is made of. */
export interface VmxCoreOptions {
  readonly capabilities: VmxCapabilities;
  readonly layout: VmcsLayout;
  readonly policy: VmxPolicy;
  readonly checks: EntryCheckLists;
}

function besideSegments(lists: EntryCheckLists): readonly EntryCheck[] {
  return lists.guest.filter((check) => check.looksAt !== "segments");
}

/** The parts of one processor's VMX that instructions, entry, exit and intercepts share. State is in the processor's words. */
export class VmxCore {
  readonly c: Processor;
  readonly s: Int32Array;
  readonly capabilities: VmxCapabilities;
  readonly policy: VmxPolicy;
  private lists: EntryCheckLists;
  /** The guest checks but those that look at segment registers only. */
  guestChecksBesideSegments: readonly EntryCheck[];
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

  constructor(processor: Processor, options: VmxCoreOptions) {
    this.c = processor;
    this.s = processor.s;
    this.capabilities = options.capabilities;
    this.policy = options.policy;
    this.lists = options.checks;
    this.guestChecksBesideSegments = besideSegments(options.checks);
    this.msrWords = createMsrWords();
    this.environment = new ProcessorVmxEnvironment(processor, options, this.msrWords.featureControl);
    this.checkContext = new EntryCheckContext(options.capabilities, processor.memory, this.environment.current);
    this.ept = new EptSecondStage(this);
  }

  /** View of the VMCS that is being entered, is running, or has exited: the environment's current one. */
  get vmcs(): MemoryVmcs {
    return this.environment.current;
  }

  get checks(): EntryCheckLists {
    return this.lists;
  }

  set checks(lists: EntryCheckLists) {
    this.lists = lists;
    this.guestChecksBesideSegments = besideSegments(lists);
    this.environment.forgetAddresses();
  }
}
