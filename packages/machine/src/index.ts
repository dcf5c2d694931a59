export {
  applyState,
  type FirmwareProfile,
  featureControlAfter,
  type InitialState,
  multibootState,
} from "./boot-state.ts";
export { type Bounds, DEFAULT_BOUNDS } from "./bounds.ts";
export { isElf, parseElf } from "./loaders/elf.ts";
export { type BootInfo, type GuestMemory, loadMultiboot } from "./loaders/load.ts";
export { LoadError } from "./loaders/load-error.ts";
export { type LoadableImage, parseMultiboot } from "./loaders/multiboot.ts";
export { HOST_TIMER_VECTOR, Machine, type MachineOptions } from "./machine.ts";
export { createMetal, declareMetalMemory, type MetalOptions } from "./metal.ts";
export { describeOutcome, type Outcome, type Where } from "./outcome.ts";
export { type GuestOutput, guestOutput, Pc, type PcHost } from "./pc.ts";
export type { RootAction, RootClient, RootEvent } from "./root-client.ts";
export { TICKS_PER_MICROSECOND } from "./time.ts";
export { Trace, type TraceEvent } from "./trace.ts";
