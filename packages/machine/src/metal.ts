import type { CpuModel, RecycledMemory } from "@hvdiff/cpu";
import { enterVirtualWireMode, STATE, writeMsr } from "@hvdiff/cpu";
import { applyState, type FirmwareProfile, featureControlAfter, multibootState } from "./boot-state.ts";
import type { Bounds } from "./bounds.ts";
import { type GuestMemory, loadMultiboot } from "./loaders/load.ts";
import { Machine } from "./machine.ts";

const IA32_FEATURE_CONTROL = 0x3a;

export interface MetalOptions {
  readonly model: CpuModel;
  readonly image: Uint8Array;
  readonly commandLine?: string;
  /** Bytes of RAM, a multiple of 1 MiB. */
  readonly memory: number;
  readonly firmware: FirmwareProfile;
  readonly processors?: number;
  readonly bounds?: Bounds;
  readonly recycled?: RecycledMemory;
  readonly recordTrace?: boolean;
}

/** A machine with the guest in root mode on silicon, no L0. Errors: `LoadError`. */
export function createMetal(options: MetalOptions): Machine {
  const machine = new Machine({
    model: options.model,
    processors: options.processors ?? 1,
    recordTrace: options.recordTrace ?? true,
    ...(options.bounds ? { bounds: options.bounds } : {}),
    ...(options.recycled ? { recycled: options.recycled } : {}),
  });
  declareMetalMemory(machine, options.memory);
  const guest: GuestMemory = {
    size: options.memory,
    write: (address, data) => machine.memory.writeBytes(address, data),
  };
  const boot = loadMultiboot(options.image, guest, options.commandLine ?? "");
  const processor = machine.processors[0]!;
  applyState(processor, multibootState(boot));
  enterVirtualWireMode(processor);
  // Firmware has found the others and sent them to wait.
  for (const other of machine.processors.slice(1)) other.s[STATE.EVENTS]! |= STATE.EVENT_INIT;
  for (const one of machine.processors) writeMsr(one, IA32_FEATURE_CONTROL, featureControlAfter(options.firmware), 0);
  return machine;
}

/** RAM from 0 with the legacy hole at 640 KiB. */
export function declareMetalMemory(machine: Machine, size: number): void {
  machine.memory.addRam(0, 0xa0000);
  machine.memory.addRam(0x100000, size - 0x100000);
}
