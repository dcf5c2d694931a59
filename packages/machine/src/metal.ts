import type { CpuModel, RecycledMemory } from "@hvdiff/cpu";
import { enterVirtualWireMode, powerUp, STATE, writeMsr } from "@hvdiff/cpu";
import { applyState, type FirmwareProfile, featureControlAfter } from "./boot-state.ts";
import type { Bounds } from "./bounds.ts";
import { directBoot, initializeDevices, installFirmware } from "./firmware/firmware.ts";
import type { BootRequest } from "./loaders/boot-request.ts";
import { loadImage } from "./loaders/load.ts";
import { Machine } from "./machine.ts";
import { backedRanges } from "./memory-map.ts";
import type { Schedule } from "./schedule/schedule.ts";

const IA32_FEATURE_CONTROL = 0x3a;

export interface MetalOptions extends BootRequest {
  readonly model: CpuModel;
  /** Bytes of RAM, a multiple of 1 MiB. */
  readonly memory: number;
  readonly firmware: FirmwareProfile;
  readonly processors?: number;
  readonly bounds?: Bounds;
  readonly recycled?: RecycledMemory;
  readonly recordTrace?: boolean;
  readonly schedule?: Schedule;
  /** Whether QEMU's PCI test device is there. */
  readonly pciTestDevice?: boolean;
  /** After what the machine boots the image again; otherwise it is the end of the run. */
  readonly restartsAfter?: readonly RestartCause[];
}

/** A reset that the guest asks for, by the reset control register, the keyboard controller or port 0x92; or a triple fault. */
export type RestartCause = "reset" | "triple-fault";

/** A machine with the guest in root mode on silicon, no L0. Errors: `LoadError`. */
export function createMetal(options: MetalOptions): Machine {
  const machine = new Machine({
    model: options.model,
    processors: options.processors ?? 1,
    recordTrace: options.recordTrace ?? true,
    ...(options.schedule ? { schedule: options.schedule } : {}),
    ...(options.bounds ? { bounds: options.bounds } : {}),
    ...(options.recycled ? { recycled: options.recycled } : {}),
    restart: (running, { kind }) => {
      if (options.restartsAfter?.some((cause) => cause === kind) !== true) return false;
      for (const processor of running.processors) powerUp(processor);
      running.pc!.reset();
      boot(running, options);
      running.processors[0]!.trace?.event("restart", { after: kind });
      return true;
    },
  });
  declareMetalMemory(machine, options.memory);
  boot(machine, options);
  return machine;
}

/** What firmware does from power-on to the image's first instruction. RAM that neither writes keeps what it holds. */
function boot(machine: Machine, options: MetalOptions): void {
  const { memory, pciTestDevice = false } = options;
  const configuration = { processors: machine.processors.length, memory, pciTestDevice };
  initializeDevices(options.firmware, configuration, machine.pc!);
  installFirmware(options.firmware, configuration, (address, data) => machine.memory.writeBytes(address, data));
  const plan = loadImage(options, {
    size: options.memory,
    read: (address, length) => machine.memory.readBytes(address, length),
    write: (address, data) => machine.memory.writeBytes(address, data),
  });
  machine.pc!.describe({ ...configuration, boot: directBoot(options, plan) });
  const processor = machine.processors[0]!;
  applyState(processor, plan.state);
  enterVirtualWireMode(processor);
  // Firmware has found the others and sent them to wait.
  for (const other of machine.processors.slice(1)) other.s[STATE.EVENTS]! |= STATE.EVENT_INIT;
  for (const one of machine.processors) writeMsr(one, IA32_FEATURE_CONTROL, featureControlAfter(options.firmware), 0);
}

/** Memory as a PC has it: with the legacy hole at 640 KiB and the devices' below 4 GiB. */
export function declareMetalMemory(machine: Machine, size: number): void {
  for (const range of backedRanges(size)) machine.memory.addRam(range.base, range.size);
}
