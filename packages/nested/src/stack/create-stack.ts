import type { CpuModel, RecycledMemory } from "@hvdiff/cpu";
import { type BootRequest, type Bounds, type FirmwareProfile, lowRamEnd, Machine } from "@hvdiff/machine";
import { capabilitiesOf } from "@hvdiff/vmx";
import { declareMemory, L0Refusal, loadGuest, missingOf } from "../create.ts";
import { GUEST_OFFSET } from "../host-layout.ts";
import { L0 } from "../l0.ts";
import type { Mechanisms } from "../mechanisms.ts";
import type { NestedPolicy } from "../policy.ts";
import { clientEnlightenments } from "./client-evmcs.ts";
import { ClientMemory } from "./client-memory.ts";
import { clientState } from "./client-page.ts";
import { Stack } from "./stack.ts";
import { StackedClient } from "./stacked-client.ts";

const MIB = 0x100000;
const FOUR_GIB = 0x1_0000_0000;
const LEAF_FEATURES = 1;
const X2APIC = 1 << 21;
const TSC_DEADLINE = 1 << 24;

/** One hypervisor of a stack. */
export interface StackLevel {
  /** How messages call it. */
  readonly name: string;
  /** The CPU that its guest is shown. */
  readonly guestModel: CpuModel;
  readonly policy: NestedPolicy;
  readonly mechanisms: Mechanisms;
}

export interface StackOptions extends BootRequest {
  readonly silicon: CpuModel;
  /** From the bottom up: the L0 and what stands on it. The last one runs the image. */
  readonly levels: readonly StackLevel[];
  /** Bytes of the image's RAM, a multiple of 1 MiB. */
  readonly memory: number;
  readonly firmware: FirmwareProfile;
  readonly bounds?: Bounds;
  readonly recycled?: RecycledMemory;
  readonly recordTrace?: boolean;
  /** Whether all levels are in the trace and not only the image's. */
  readonly traceAll?: boolean;
}

/** Bytes of RAM that a hypervisor needs for a guest of so many: its own pages below `GUEST_OFFSET`, the guest's behind it. */
function ramUnder(ram: number): number {
  const low = lowRamEnd(ram);
  const end = ram > low ? FOUR_GIB + ram - low : ram;
  return 3072 * MIB + GUEST_OFFSET - FOUR_GIB + end;
}

/** A machine with hypervisors on each other, one virtual processor each. Errors: `L0Refusal` that names what a level lacks, `LoadError`. */
export function createStack(options: StackOptions): Machine {
  const { levels, silicon } = options;
  if (levels.length < 2) throw new L0Refusal("a stack needs two hypervisors or more");
  for (const [level, { name }] of levels.entries())
    requireGround(level === 0 ? silicon : levels[level - 1]!.guestModel, name, level);
  return new Machine({
    model: silicon,
    processors: 1,
    clients: levels.length,
    recordTrace: options.recordTrace ?? true,
    traceRoot: options.traceAll ?? false,
    traceFrom: options.traceAll === true ? 0 : levels.length,
    ...(options.bounds ? { bounds: options.bounds } : {}),
    ...(options.recycled ? { recycled: options.recycled } : {}),
    createClient: (machine) => build(machine, options),
  });
}

/** Errors: `L0Refusal`. */
function requireGround(model: CpuModel, name: string, level: number): void {
  const missing = missingOf(model);
  const features = model.cpuid.find(({ leaf }) => leaf === LEAF_FEATURES)?.ecx ?? 0;
  if (level > 0 && (features & X2APIC) === 0) missing.push("x2APIC");
  if (level > 0 && (features & TSC_DEADLINE) === 0) missing.push("the TSC-deadline timer");
  if (model.vendor !== "intel") missing.push("VMX (stacks on SVM are not modelled)");
  if (missing.length === 0) return;
  throw new L0Refusal(
    `${name} at level ${level} cannot run: the processor below (${model.id}) lacks ${missing.join(", ")}`,
  );
}

function build(machine: Machine, options: StackOptions): Stack {
  const { levels } = options;
  const rams = [options.memory];
  for (let level = levels.length - 1; level > 0; level--) rams.unshift(ramUnder(rams[0]!));
  declareMemory(machine.memory, rams[0]!);
  const top = levels.length - 1;
  const optionsOf = (level: number) => ({
    guestModel: levels[level]!.guestModel,
    policy: levels[level]!.policy,
    mechanisms: levels[level]!.mechanisms,
    ram: rams[level]!,
    firmware: options.firmware,
    initial: clientState(),
    userspace: null,
  });
  const l0 = new L0(machine, optionsOf(0));
  const clients: StackedClient[] = [];
  let memory = machine.memory;
  for (let level = 1; level <= top; level++) {
    const own = new ClientMemory(memory, rams[level - 1]!);
    const model = levels[level - 1]!.guestModel;
    const client = new StackedClient({
      machine,
      memory: own,
      depth: level,
      model,
      capabilities: capabilitiesOf(model),
      enlightenments: clientEnlightenments(levels[level]!.mechanisms, model),
    });
    client.hypervisor =
      level < top
        ? new L0(client.platform, optionsOf(level))
        : loadGuest(own, options, (boot) => new L0(client.platform, { ...optionsOf(level), initial: boot }));
    clients.push(client);
    memory = own;
  }
  return new Stack(l0, clients);
}
