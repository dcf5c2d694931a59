export { anotherMachine, copyPages, goOnAs } from "./another-machine.ts";
export { messageTargets } from "./apic-fabric.ts";
export {
  applyState,
  type DescriptorTable,
  type FirmwareProfile,
  featureControlAfter,
  type InitialState,
} from "./boot-state.ts";
export { type Bounds, DEFAULT_BOUNDS } from "./bounds.ts";
export { type DebugLevel, type DebugStop, DebugTarget } from "./debug/debug-target.ts";
export type { DebugRegister } from "./debug/register-table.ts";
export type { Watchpoint } from "./debug/watchpoint.ts";
export { directBoot, initializeDevices, installFirmware } from "./firmware/firmware.ts";
export { type GuestOutput, guestOutput } from "./guest-output.ts";
export type { SavedPc } from "./kept-states.ts";
export {
  BOOT_PROTOCOLS,
  type BootModule,
  type BootProtocol,
  type BootRequest,
  type EntryMode,
} from "./loaders/boot-request.ts";
export { type GuestMemory, loadImage } from "./loaders/load.ts";
export { LoadError } from "./loaders/load-error.ts";
export { EnginesDiffer } from "./lock-step.ts";
export { Machine } from "./machine.ts";
export {
  defaultEngine,
  ENGINE_CHOICES,
  type EngineChoice,
  type MachineOptions,
  setDefaultEngine,
} from "./machine-options.ts";
export { backedRanges, FIRMWARE_START, HIGH_ROM, lowRamEnd, type RamRange, ramRanges } from "./memory-map.ts";
export { createMetal, declareMetalMemory, type MetalOptions, type RestartCause } from "./metal.ts";
export { describeOutcome, type Outcome, type Where } from "./outcome.ts";
export { Pc } from "./pc.ts";
export type { PcHost } from "./pc-host.ts";
export { plainCopy } from "./plain-copy.ts";
export {
  type ClientState,
  HOST_TIMER_VECTOR,
  type RootAction,
  type RootClient,
  type RootEvent,
} from "./root-client.ts";
export type { HostMode, RootPlatform } from "./root-platform.ts";
export { type ApicMessage, messageOf } from "./schedule/choices.ts";
export {
  type ChoicePoint,
  type Deviation,
  deviationText,
  parseSchedule,
  type Schedule,
  type ScheduledEvent,
  ScheduleError,
  scheduleText,
} from "./schedule/schedule.ts";
export { restoreSnapshot, type Snapshot, takeSnapshot } from "./snapshot.ts";
export { stateHash } from "./state-hash.ts";
export { TICKS_PER_MICROSECOND } from "./time.ts";
export { Trace, type TraceEvent } from "./trace.ts";
