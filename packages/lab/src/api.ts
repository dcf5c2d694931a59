import type { DebugTarget } from "@hvdiff/machine";
import type { PartResult, SearchPart } from "./explore/parts.ts";
import type { SearchHelpers } from "./explore/together.ts";
import type { PairHelper } from "./pairs.ts";
import type {
  CapsResult,
  CheckVmcsResult,
  CodeResult,
  CompareResult,
  CostResult,
  DiffResult,
  DumpResult,
  ExitCopiesResult,
  ExploreResult,
  MatrixResult,
  PageWalkResult,
  QuirkResult,
  ScenarioResult,
  StructuresResult,
  TraceResult,
} from "./results.ts";

/** Options that decide what is run; every one is part of the run id. */
export interface RunOptions {
  /** Silicon: an id, or QEMU's name of it, with features switched (`icelake-server,-x2apic`); default "skylake-client", for scenarios about SVM "zen2". */
  readonly cpu?: string;
  readonly firmware?: "none" | "seabios" | "ovmf";
  /** Guest RAM in bytes; default 64 MiB. */
  readonly memory?: number;
  readonly commandLine?: string;
  /** Logical processors; default 1. */
  readonly processors?: number;
  /** Files beside the image: multiboot modules, or the initial RAM disk. */
  readonly modules?: readonly GuestModule[];
  /** Devices that are not always there: QEMU's test devices for PCI and for Hyper-V's synthetic interrupts. */
  readonly devices?: readonly ("pci-testdev" | "hyperv-testdev")[];
  /** How to start the image; what is absent the image decides. */
  readonly boot?: BootOptions;
  /** After what the PC boots the image again, on metal; default: a reset or a triple fault ends the run. */
  readonly restartsAfter?: readonly ("reset" | "triple-fault")[];
  /** Bound on guest instructions. */
  readonly maxInstructions?: number;
  /** What comes from outside, and when: `signal@1234,irq:0x31@88`; default: nothing that the machine does not do by itself. */
  readonly schedule?: string;
  /** Quirks switched by hand: "+id" on, "-id" off. */
  readonly quirks?: readonly string[];
}

/** What to search, beside what is run. */
export interface ExploreOptions extends Omit<RunOptions, "schedule"> {
  /** What may come from outside: `signal`, `host-irq`, `reclaim`, `irq` or `irq:0x40`, `nmi`, `turn`, `pause`, `migrate`; default: signals. */
  readonly events?: readonly string[];
  /** Most deviations of a schedule; default 1. */
  readonly bound?: number;
  /** What must hold: `verdicts` (default), `trace`, `default`, `lost-event`, or `VERDICT=VALUE` and `never EVENT{NAME=VALUE}` joined by `and`. */
  readonly property?: string;
  /** Random schedules instead of all. */
  readonly seed?: number;
  /** Most schedules to try. */
  readonly schedules?: number;
  /** Whether the result tells every schedule that was tried; not of random ones. */
  readonly tree?: boolean;
}

/** What is translated, and when. */
export interface WalkOptions {
  /** Position in the whole trace, level 0 too: this has happened; default: the first event. */
  readonly event?: number;
  readonly vcpu?: number;
  /** Linear, `0x…`; default: where the guest is. */
  readonly address?: string;
}

/** A file beside the image, with its name and arguments as the guest is told them. */
export interface GuestModule {
  readonly commandLine: string;
  readonly data: Uint8Array;
}

/** How to start an image that does not say so itself. */
export interface BootOptions {
  readonly protocol?: "multiboot" | "multiboot2" | "pvh" | "linux" | "flat";
  /** Physical address at which a flat image is entered. */
  readonly entry?: number;
  /** Physical address of a flat image; the entry point if absent. */
  readonly loadAddress?: number;
  /** 32 if absent. */
  readonly mode?: 16 | 32 | 64;
}

/** A guest to run: a bundled scenario by id, or an image. The path is the first word of a multiboot command line. */
export type Guest =
  | { readonly scenario: string }
  | { readonly name: string; readonly path?: string; readonly image: Uint8Array };

/** Takes what a guest prints while it runs, piece by piece. */
export interface GuestConsole {
  serial(text: string): void;
  debug(text: string): void;
}

/** A guest in the hands of a debugger. */
export interface DebugSession {
  readonly target: DebugTarget;
  /** Tells the console what the guest has printed since it was told last. */
  tell(): void;
  /** What came of the run. Runs it to its end where that has not been done. */
  result(): DiffResult;
}

/** What the lab offers. `createLab()` returns one; all methods are deterministic, and synchronous but for those that others help with. Errors: `UsageError` with one clear line. */
export interface Lab {
  diff(guest: Guest, columns: readonly string[], options?: RunOptions): DiffResult;
  /** The same made by several, each of whom compares the guest's columns with the first one by one. */
  diffTogether(columns: readonly string[], helpers: readonly PairHelper[]): Promise<DiffResult>;
  /** Runs a guest in one column and tells what it prints at once. No trace is kept, so a long run is not bound by it. */
  run(guest: Guest, column: string, options: RunOptions, console: GuestConsole): DiffResult;
  /** Looks at a column and options without a guest. */
  check(column: string, options: RunOptions): void;
  /** Searches the schedules of a guest in one column for one that breaks a property. */
  explore(
    guest: Guest,
    column: string,
    options?: ExploreOptions,
    progress?: (counts: { tried: number; merged: number }) => void,
  ): ExploreResult;
  /** The same with the help of others who have opened the same search elsewhere with `searchParts`; what comes out is the same. */
  exploreTogether(
    guest: Guest,
    column: string,
    options: ExploreOptions,
    helpers: SearchHelpers,
    progress?: (counts: { tried: number; merged: number }) => void,
  ): Promise<ExploreResult>;
  searchParts(guest: Guest, column: string, options: ExploreOptions): (part: SearchPart) => PartResult;
  /** A guest in one column for a debugger, which runs it. */
  debug(guest: Guest, column: string, options: RunOptions, console: GuestConsole): DebugSession;
  /** The trace of one column with what its L0 does by itself (level 0). */
  trace(guest: Guest, column: string, options?: RunOptions): TraceResult;
  /** What a guest costs on columns: counts of the L0s' work, and cycles by a model whose parameters `overrides` may change ("merge=3500"). */
  cost(guest: Guest, columns: readonly string[], options?: RunOptions, overrides?: readonly string[]): CostResult;
  /** Every VMCS copy between the guest's how many-th exit (from 1) and its hypervisor's hearing of it. */
  exitCopies(guest: Guest, column: string, exit: number, options?: RunOptions): ExitCopiesResult;
  /** How the control structures of an L0 change over a run, field by field, and why. */
  structures(guest: Guest, column: string, options?: RunOptions): StructuresResult;
  /** Which instruction each event that the guest of a column could notice came from. */
  code(guest: Guest, column: string, options?: RunOptions): CodeResult;
  /** How a linear address is translated at a moment of a run, through the guest's tables and all that lies under them. */
  pageWalk(guest: Guest, column: string, options: RunOptions, asked: WalkOptions): PageWalkResult;
  compare(guest: Guest, left: string, right: string, options?: RunOptions): CompareResult;
  matrix(columns: readonly string[], options?: RunOptions): MatrixResult;
  matrixTogether(
    columns: readonly string[],
    helpers: readonly PairHelper[],
    progress?: (done: number, all: number) => void,
  ): Promise<MatrixResult>;
  /** The matrix of one scenario. */
  matrixRow(scenario: string, columns: readonly string[], options?: RunOptions): MatrixResult;
  caps(columns: readonly string[], options?: RunOptions): CapsResult;
  /** Which VM-entry checks each column finds violated in dumped VMCSs: KVM's `dump_vmcs` text, or JSON. No guest runs. */
  checkVmcs(dump: string, columns: readonly string[], options?: RunOptions): CheckVmcsResult;
  /** Reads what a real machine says of itself and names the nearest columns: vmxcap, MSRs, VBox.log, QEMU's -cpu, cpuid -r. */
  readDump(text: string, column?: string, options?: RunOptions): DumpResult;
  /** All quirks, or those active in a column. */
  quirks(column?: string, options?: RunOptions): readonly QuirkResult[];
  scenarios(): readonly ScenarioResult[];
  /** Silicon models: id and title. */
  cpus(): readonly { readonly id: string; readonly title: string; readonly source: string }[];
  /** Columns shown when the user names none, metal first. */
  defaultColumns(): readonly string[];
}

/** Bad input of the user: unknown names, images that cannot be loaded. The message is one line that says what and where. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
