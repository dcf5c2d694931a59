export type { DebugRegister, DebugStop, DebugTarget, EngineChoice } from "@hvdiff/machine";
export {
  type BootOptions,
  type DebugSession,
  type ExploreOptions,
  type Guest,
  type GuestConsole,
  type GuestModule,
  type Lab,
  type RunOptions,
  UsageError,
  type WalkOptions,
} from "./api.ts";
export type { PartResult, SearchPart } from "./explore/parts.ts";
export type { SearchHelper, SearchHelpers } from "./explore/together.ts";
export { createLab, type LabOptions } from "./lab.ts";
export type { PairHelper } from "./pairs.ts";
export * from "./results.ts";
export { VERSION } from "./version.ts";
