import type { CpuModel, PhysicalMemory, RecycledMemory } from "@hvdiff/cpu";
import {
  type BootRequest,
  type Bounds,
  backedRanges,
  directBoot,
  type FirmwareProfile,
  type GuestMemory,
  type InitialState,
  initializeDevices,
  installFirmware,
  loadImage,
  Machine,
  type Pc,
  type Schedule,
} from "@hvdiff/machine";
import { capabilitiesOf } from "@hvdiff/svm";
import { GUEST_OFFSET, L0_MEMORY_BASE, L0_MEMORY_SIZE } from "./host-layout.ts";
import { L0 } from "./l0.ts";
import type { L0Options } from "./l0-options.ts";
import { type Mechanisms, PLAIN_MECHANISMS } from "./mechanisms.ts";
import { ARCHITECTURAL_POLICY, type NestedPolicy } from "./policy.ts";
import { SvmL0 } from "./svm/svm-l0.ts";
import type { Userspace } from "./userspace.ts";

export interface NestedMachineOptions extends BootRequest {
  /** The silicon underneath. */
  readonly silicon: CpuModel;
  /** The CPU that L1 is shown. */
  readonly guestModel: CpuModel;
  readonly policy: NestedPolicy;
  /** How L0 does what no guest can notice. */
  readonly mechanisms?: Mechanisms;
  /** Bytes of L1's RAM, a multiple of 1 MiB. */
  readonly memory: number;
  readonly firmware: FirmwareProfile;
  /** Virtual processors. */
  readonly processors?: number;
  readonly bounds?: Bounds;
  readonly recycled?: RecycledMemory;
  readonly recordTrace?: boolean;
  readonly traceRoot?: boolean;
  readonly traceStructures?: boolean;
  readonly schedule?: Schedule;
  /** The half of the L0 that is a process. */
  readonly userspace?: Userspace | null;
  /** Whether QEMU's PCI test device is there. */
  readonly pciTestDevice?: boolean;
  /** Whether QEMU's test device for synthetic interrupts is there. */
  readonly synicTestDevice?: boolean;
}

/** A machine whose root mode belongs to an L0, with the guest loaded as its L1. Errors: `LoadError`, `L0Refusal`. */
export function createNestedMachine(options: NestedMachineOptions): Machine {
  requireSilicon(options.silicon);
  const machine = new Machine({
    model: options.silicon,
    processors: options.processors ?? 1,
    recordTrace: options.recordTrace ?? true,
    traceRoot: options.traceRoot ?? false,
    traceStructures: options.traceStructures ?? false,
    ...(options.schedule ? { schedule: options.schedule } : {}),
    ...(options.bounds ? { bounds: options.bounds } : {}),
    ...(options.recycled ? { recycled: options.recycled } : {}),
    createClient: (made) => createClient(made, options),
  });
  return machine;
}

/** Where a hypervisor has its own pages and its guest's RAM, in what it stands on. */
export function declareMemory(memory: PhysicalMemory, ram: number): void {
  memory.addRam(L0_MEMORY_BASE, L0_MEMORY_SIZE);
  for (const { base, size } of backedRanges(ram)) memory.addRam(GUEST_OFFSET + base, size);
}

/** What a guest's PC is made of and boots. */
interface GuestRequest extends BootRequest {
  readonly memory: number;
  readonly firmware: FirmwareProfile;
  readonly processors?: number;
  readonly pciTestDevice?: boolean;
  readonly synicTestDevice?: boolean;
}

/**
 * Puts firmware and image into a guest's memory and makes the hypervisor that runs it.
 * @param memory what the hypervisor stands on
 * @param make makes it, for a guest that starts with these registers
 */
export function loadGuest<H extends { readonly pc: Pc }>(
  memory: PhysicalMemory,
  request: GuestRequest,
  make: (initial: InitialState) => H,
): H {
  const guest: GuestMemory = {
    size: request.memory,
    read: (address, length) => memory.readBytes(GUEST_OFFSET + address, length),
    write: (address, data) => memory.writeBytes(GUEST_OFFSET + address, data),
  };
  const { pciTestDevice = false, synicTestDevice = false, processors = 1 } = request;
  const configuration = { processors, memory: request.memory, pciTestDevice, synicTestDevice };
  installFirmware(request.firmware, configuration, guest.write);
  const boot = loadImage(request, guest);
  const made = make(boot.state);
  initializeDevices(request.firmware, { ...configuration, boot: directBoot(request, boot) }, made.pc);
  return made;
}

function createClient(machine: Machine, options: NestedMachineOptions): L0 | SvmL0 {
  declareMemory(machine.memory, options.memory);
  return loadGuest<L0 | SvmL0>(machine.memory, options, (initial) => {
    const made: L0Options = {
      guestModel: options.guestModel,
      policy: options.policy,
      mechanisms: options.mechanisms ?? PLAIN_MECHANISMS,
      ram: options.memory,
      firmware: options.firmware,
      initial,
      userspace: options.userspace ?? null,
    };
    return options.silicon.vendor === "amd" ? new SvmL0(machine, made) : new L0(machine, made);
  });
}

/** The quirk-free L0: silicon's own CPU, the architecture's policy. It must be indistinguishable from metal. */
export function createIdeal(options: Omit<NestedMachineOptions, "guestModel" | "policy">): Machine {
  return createNestedMachine({ ...options, guestModel: options.silicon, policy: ARCHITECTURAL_POLICY });
}

/** The L0 cannot run on this silicon. The message says what it lacks, in one line. */
export class L0Refusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = "L0Refusal";
  }
}

const PROCBASED_CTLS2 = 0x48b;
const NEEDED = [
  [1, "EPT"],
  [5, "VPID"],
  [7, "unrestricted guest"],
] as const;

function requireSilicon(model: CpuModel): void {
  const missing = missingOf(model);
  if (missing.length > 0)
    throw new L0Refusal(
      `an L0 needs silicon with ${missing.join(", ")}; ${model.id} lacks it (shadow paging is not modelled)`,
    );
}

/** What a processor lacks that a hypervisor needs. */
export function missingOf(model: CpuModel): string[] {
  return model.vendor === "amd" ? missingOfSvm(model) : missingOfVmx(model);
}

function missingOfSvm(model: CpuModel): string[] {
  const { nestedPaging, nextRip } = capabilitiesOf(model);
  return [...(nestedPaging ? [] : ["nested paging"]), ...(nextRip ? [] : ["next-RIP save"])];
}

function missingOfVmx(model: CpuModel): string[] {
  const secondary = model.msrs.get(PROCBASED_CTLS2) ?? 0n;
  return NEEDED.filter(([bit]) => ((secondary >> BigInt(32 + bit)) & 1n) === 0n).map(([, name]) => name);
}
