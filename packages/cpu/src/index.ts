export { xapicDestination } from "./apic/command.ts";
export { DELIVERY, type InterruptMessage } from "./apic/interrupt-message.ts";
export { BROADCAST, type InterruptFabric, LocalApic } from "./apic/local-apic.ts";
export { readRegisterPage, requestedVectors, writeRegisterPage } from "./apic/register-page.ts";
export { enterVirtualWireMode } from "./apic/reset.ts";
export type { Block } from "./block.ts";
export type { AccessWatcher, Bus, TraceSink } from "./bus.ts";
export { disassemble, type InstructionText } from "./decode/instruction-text.ts";
export { COMPILE_EARLY, COMPILE_HOT, type CompileThresholds, Engine, type RunResult } from "./engine.ts";
export { controlOperand, executeAlone, generalOperand, type LoneInstruction } from "./execute-alone.ts";
export * from "./flags.ts";
export { type HeldPlace, NO_GUARD, type RunGuard, runGuarded, startPlace } from "./guarded-run.ts";
export { INTERCEPT, INTERCEPT_COUNT, type InterceptName } from "./intercepts.ts";
export { MemoryExhausted } from "./memory-buffer.ts";
export type { MmioHandler, RecycledMemory } from "./memory-types.ts";
export { CPU_MODELS, findCpuModel } from "./models/index.ts";
export type { CpuidEntry, CpuModel } from "./models/model.ts";
export type { Executor, Op } from "./op.ts";
export { STATUS_ABORTED, STATUS_NEXT, STATUS_RETIRED } from "./op.ts";
export { HIDDEN, type PagingState, type PhysicalTranslation, peekByte, peekLinear, peekWord } from "./peek.ts";
export { FRAME_MMIO, FRAME_UNBACKED, PhysicalMemory } from "./physical-memory.ts";
export {
  FAULT_EXCEPTION,
  FAULT_EXIT,
  FAULT_NONE,
  FAULT_STOP,
  Processor,
  type SavedProcessor,
} from "./processor.ts";
export type { SavedFrames } from "./saved-frames.ts";
export * as STATE from "./state-layout.ts";
export type { StopReason } from "./stop-reason.ts";
export { supportedCr4 } from "./system/control-register-writes.ts";
export { deliverEvent, deliverException, takeInterrupt } from "./system/deliver.ts";
export { supportedEfer } from "./system/efer.ts";
export { ENABLE_CHECK } from "./system/exceptions.ts";
export { msrWord } from "./system/msr-storage.ts";
export { readMsr, writeMsr } from "./system/msrs.ts";
export { memoryAddress, readOperand, segmentAddress, writeOperand } from "./system/operands.ts";
export { globalCounterBits } from "./system/performance-counters.ts";
export { powerUp } from "./system/power-up.ts";
export { takeStartupSignals } from "./system/startup-signals.ts";
export { hostTsc } from "./system/time-stamp.ts";
export { invalidatedAddress } from "./system/translation-instructions.ts";
export { hasTranslationRights, noteTranslationRights, TRANSLATION_RIGHTS_WORDS } from "./translation-rights.ts";
export * from "./virtualization.ts";
