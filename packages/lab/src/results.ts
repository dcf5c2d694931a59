/*
 * What the lab produces: plain JSON data. The command line, the dashboard and scripts read these; nothing else is promised. Every address
 * and 64-bit register is a "0x…" string. A change that breaks a reader raises `SCHEMA_VERSION`.
 */

export const SCHEMA_VERSION = 1;

export type Confidence = "captured" | "source" | "documented" | "reported" | "inferred" | "assumed";

export interface EvidenceResult {
  readonly kind: "source" | "commit" | "document" | "report" | "manual";
  /** One line for people: repository, path and commit; or title and place. */
  readonly text: string;
  readonly url?: string;
}

export interface QuirkResult {
  readonly id: string;
  readonly summary: string;
  readonly product: string;
  readonly affects: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly confidence: Confidence;
  readonly evidence: readonly EvidenceResult[];
  readonly optIn: boolean;
}

/** Why a verdict differs from metal's: the smallest set of quirks found whose ablation makes it metal's. */
export type Cause =
  | { readonly kind: "quirks"; readonly quirks: readonly QuirkResult[] }
  /** No set of quirks explains it: a bug of hvdiff, or a discovery. */
  | { readonly kind: "unattributed"; readonly reason: string };

/** One verdict of one column that differs from the reference column's. A missing verdict is null. */
export interface Difference {
  readonly verdict: string;
  readonly reference: string | null;
  readonly here: string | null;
  readonly cause: Cause;
}

export interface EventResult {
  /** Position in the column's guest-visible trace. */
  readonly index: number;
  readonly vcpu: number;
  readonly level: number;
  readonly time: number;
  readonly kind: string;
  readonly data: Readonly<Record<string, string | number | boolean>>;
  /** One line for people. */
  readonly text: string;
}

export type AlignedKind = "same" | "changed" | "only-left" | "only-right";

/** A row of two aligned traces. */
export interface AlignedRow {
  readonly kind: AlignedKind;
  readonly left: EventResult | null;
  readonly right: EventResult | null;
}

export interface OutcomeResult {
  readonly kind: string;
  readonly text: string;
  readonly where?: { readonly level: number; readonly vcpu: number; readonly rip: string; readonly bytes: string };
  /** Registers as an L0 tells them that stops a virtual machine. */
  readonly dump?: string;
}

/** What became of a test. An expected failure is none; a test that was expected to fail and passed counts as failed. */
export type TestStatus = "pass" | "fail" | "skip" | "expected-failure" | "unexpected-pass";

export interface Verdict {
  readonly id: string;
  /** The guest's own word. */
  readonly value: string;
  /** Absent for an observation that is neither right nor wrong by itself. */
  readonly status?: TestStatus;
}

/** Formats of test output that are understood beside our own images' `verdict id = value`. */
export type SuiteFormat = "kvm-unit-tests" | "sotest" | "xtf";

/** A test suite that the output shows, whose tests are among the verdicts. */
export interface SuiteResult {
  readonly format: SuiteFormat;
  readonly passed: number;
  /** With tests that passed unexpectedly and with problems. */
  readonly failed: number;
  readonly skipped: number;
  readonly expectedFailures: number;
  /** Whether the output says that the suite came to its end. */
  readonly complete: boolean;
  /** What is wrong with the run as a whole: cut off, aborted, fewer results than announced … Each counts as failed. */
  readonly problems: readonly string[];
}

export interface ColumnResult {
  /** As spelled by the user. */
  readonly column: string;
  /** With every default filled in. */
  readonly full: string;
  /** "metal", "ideal", or the product. */
  readonly product: string;
  /** How the product is known as a whole; each cause carries its own confidence. Null for metal and ideal. */
  readonly confidence: Confidence | null;
  readonly runId: string;
  readonly outcome: OutcomeResult;
  readonly verdicts: readonly Verdict[];
  /** Empty where the guest is no test suite of a known format. */
  readonly suites: readonly SuiteResult[];
  readonly serial: string;
  readonly counters: Readonly<Record<string, number>>;
  /** How often L1 saw each VM exit, by reason. */
  readonly exits: Readonly<Record<string, number>>;
  /** Empty for the reference column. */
  readonly differences: readonly Difference[];
  /** First differing row against the reference, null when the guest-visible traces are identical. */
  readonly firstDivergence: (AlignedRow & { readonly row: number; readonly cause: Cause }) | null;
}

export interface DiffResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly hvdiff: string;
  readonly guest: { readonly id: string; readonly title: string; readonly sha256: string; readonly bundled: boolean };
  readonly cpu: string;
  readonly firmware: string;
  /** Bytes of guest RAM. */
  readonly memory: number;
  readonly commandLine: string;
  /** The column others are compared with: the first one. */
  readonly reference: string;
  readonly columns: readonly ColumnResult[];
  /** Verdict ids in the order in which they first appear, over all columns. */
  readonly verdicts: readonly string[];
  /** Whether any column differs from the reference in a verdict, the outcome or the guest-visible trace. */
  readonly different: boolean;
}

/** A parameter of the cost model. */
export interface CostParameterResult {
  readonly name: string;
  readonly cycles: number;
  readonly what: string;
  readonly basis: "published" | "derived" | "assumed";
  readonly source: string;
}

/** Something that an L0 did so often, and what that costs by the model. */
export interface CostLine {
  readonly title: string;
  readonly parameter: string;
  readonly count: number;
  readonly cycles: number;
}

/** What a guest costs in one column. */
export interface ColumnCost {
  readonly column: string;
  readonly full: string;
  /** Exact, from the run. */
  readonly counters: Readonly<Record<string, number>>;
  readonly lines: readonly CostLine[];
  /** Predicted: the guests' instructions and the L0's work. */
  readonly cycles: number;
  /** Predicted cycles by those on metal. */
  readonly slowDown: number;
}

export interface CostResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly guest: DiffResult["guest"];
  readonly cpu: string;
  /** Says that this is a model. */
  readonly model: string;
  /** What others have published about these columns. */
  readonly notes: readonly string[];
  readonly metalCycles: number;
  readonly parameters: readonly CostParameterResult[];
  readonly columns: readonly ColumnCost[];
}

/** An exit that a hypervisor takes, or a copy of VMCS fields that it makes. */
export type CopyStep =
  | { readonly kind: "exit"; readonly level: number; readonly reason: string }
  | {
      readonly kind: "copy";
      readonly level: number;
      readonly from: string;
      readonly to: string;
      readonly fields: number;
      readonly why: string;
      /** Whether the talk that counts copies of triple virtualization counts such a one. */
      readonly deckCounts: boolean;
    };

/** What is copied between an exit of a guest and its hypervisor's hearing of it. */
export interface ExitCopiesResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly column: string;
  readonly full: string;
  /** The guest's how many-th exit, from 1. */
  readonly exit: number;
  /** In the order in which they come; level 0 is the L0. Exits of single VMREADs and VMWRITEs to it are left out. */
  readonly steps: readonly CopyStep[];
  /** How many of these were left out. */
  readonly accessExits: number;
  readonly copiesAll: number;
  readonly copiesDeck: number;
}

/** A schedule that breaks a property, with what comes of it. */
export interface Finding {
  /** Replays with the same options: `run --schedule`. */
  readonly schedule: string;
  readonly deviations: number;
  readonly runId: string;
  readonly outcome: OutcomeResult;
  readonly serial: string;
  /** Verdicts and outcome that are not metal's. */
  readonly differences: readonly {
    readonly verdict: string;
    readonly metal: string | null;
    readonly here: string | null;
  }[];
  /** First row in which the guest-visible trace is not that of the undisturbed run, or where nothing comes from outside metal's. */
  readonly firstDivergence: AlignedRow | null;
  /** Quirks that it needs, all of them together: without any one the same schedule does no harm. */
  readonly causes: readonly QuirkResult[];
}

/** A schedule that was tried: one more deviation than its parent. */
export interface TriedSchedule {
  /** Position among the tried ones; -1: the default schedule. */
  readonly parent: number;
  /** The deviation: `signal@4253.1`. */
  readonly deviation: string;
  readonly vcpu: number;
  readonly tick: number;
  /** `tried` begins others only; `merged` came to a known state; `ended` came to the end and did no harm. */
  readonly end: "tried" | "merged" | "ended" | "violated";
}

/** The interleavings that a search walked. */
export interface ScheduleTree {
  readonly tried: readonly TriedSchedule[];
  /** There were more than are kept. */
  readonly truncated: boolean;
}

/** What a search over schedules came to. */
export interface ExploreResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly hvdiff: string;
  readonly guest: DiffResult["guest"];
  readonly column: string;
  readonly full: string;
  readonly cpu: string;
  readonly events: readonly string[];
  readonly property: string;
  readonly bound: number;
  /** Null where all schedules are tried. */
  readonly seed: number | null;
  /** Schedules that were run. */
  readonly tried: number;
  /** Of these, the ones that led to a state whose future was known. */
  readonly merged: number;
  /** No schedule within the bound was left out. */
  readonly exhaustive: boolean;
  readonly finding: Finding | null;
  /** Present where it was asked for. */
  readonly tree?: ScheduleTree;
}

/** One column with its whole trace: level 0 is what L0 does by itself. */
export interface TraceResult {
  readonly column: ColumnResult;
  readonly events: readonly EventResult[];
}

/** A named bit of a field. */
export interface StructureBit {
  readonly bit: number;
  readonly name: string;
}

/** A field of a control structure. */
export interface StructureField {
  readonly name: string;
  readonly title: string;
  readonly group: string;
  readonly manual: string;
  readonly bits: readonly StructureBit[];
}

/** Fields of one structure got other values, all in one way. */
export interface StructureChange {
  /** How many events came before. */
  readonly event: number;
  readonly vcpu: number;
  readonly time: number;
  readonly of: string;
  /** Address of the structure, as its owner knows it. */
  readonly at: string;
  readonly way: string;
  /** The exit, instruction or event behind it. */
  readonly by?: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Another structure is the one that counts; an empty address: none is. */
export interface StructureSwitch {
  readonly event: number;
  readonly vcpu: number;
  readonly of: string;
  readonly at: string;
  /** Host-physical address that its own address leads to, and of what L0 works on: the same, or a copy. */
  readonly home?: string;
  readonly host?: string;
}

/** How the control structures of an L0 change over a run, and why. */
export interface StructuresResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly cpu: string;
  readonly guest: { readonly id: string; readonly title: string };
  readonly column: ColumnResult;
  /** Names of the structures that there can be. */
  readonly names: readonly string[];
  /** In the manual's order. A field that has never changed is 0. */
  readonly fields: readonly StructureField[];
  /** Ways of writing a structure that came up, by id. */
  readonly ways: Readonly<Record<string, { readonly title: string; readonly why: string }>>;
  /** What `way structure.field` is made of: other fields, as `structure.field`. Absent: the chain ends there. */
  readonly origins: Readonly<Record<string, readonly string[]>>;
  /** The whole trace, level 0 too, without the structures' own events. */
  readonly events: readonly EventResult[];
  readonly changes: readonly StructureChange[];
  readonly switches: readonly StructureSwitch[];
}

/** An instruction of a guest. */
export interface CodePlace {
  readonly rip: string;
  /** Two digits each. */
  readonly bytes: string;
  /** In Intel's syntax. */
  readonly text: string;
}

/** Which instruction each event of a column's guest-visible trace came from. */
export interface CodeResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly cpu: string;
  readonly guest: { readonly id: string; readonly title: string };
  readonly column: string;
  readonly places: readonly CodePlace[];
  /** For each event, by its index, the position of its place; -1 for events that no instruction made or whose code cannot be seen. */
  readonly events: readonly number[];
}

/** An entry of a paging structure that a walk has read. */
export interface WalkedEntry {
  /** 1 is the last table. */
  readonly level: number;
  readonly name: string;
  readonly address: string;
  readonly value: string;
  /** Of this entry alone: r w x, and u for user-mode addresses. */
  readonly rights: string;
  readonly flags: string;
  /** Size of the page that it maps; null where it leads to another table. */
  readonly page: string | null;
}

/** A second stage of paging that leads an address on. */
export interface StageWalk {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly entries: readonly WalkedEntry[];
  /** Null where it leads nowhere. */
  readonly result: string | null;
}

/** How a linear address is translated at a moment, in all dimensions. */
export interface PageWalkResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly cpu: string;
  readonly guest: { readonly id: string; readonly title: string };
  readonly column: string;
  /** The last event before it, and in words. */
  readonly event: number;
  readonly text: string;
  /** The run was over before. */
  readonly ended: boolean;
  readonly vcpu: number;
  /** Of the guest that runs. */
  readonly level: number;
  readonly linear: string;
  readonly paging: string;
  readonly cr3: string;
  /** The guest's own tables; the address of each entry goes through the stages too. */
  readonly entries: readonly (WalkedEntry & { readonly stages: readonly StageWalk[] })[];
  readonly physical: string | null;
  readonly stages: readonly StageWalk[];
  readonly host: string | null;
}

/** Two columns' guest-visible traces side by side. */
export interface CompareResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly guest: DiffResult["guest"];
  readonly left: ColumnResult;
  readonly right: ColumnResult;
  readonly rows: readonly AlignedRow[];
}

/** State of a control bit in vmxcap's sense: "no", "forced" (must be 1), "yes" (may be 0 or 1), "default" (default1 class, clearable by TRUE MSRs). */
export type CapabilityState = "no" | "yes" | "default" | "forced";

export interface CapabilityBit {
  readonly bit: number;
  /** vmxcap's label. */
  readonly label: string;
  /** The manual's name. */
  readonly name: string;
  readonly qemu?: string;
  readonly states: readonly CapabilityState[];
  readonly differs: boolean;
  /** For each column but the first: why it differs from the first; null where it does not. */
  readonly causes: readonly (Cause | null)[];
}

export interface CapabilityField {
  readonly label: string;
  readonly values: readonly string[];
  readonly differs: boolean;
  readonly causes: readonly (Cause | null)[];
}

/** One MSR (or CPUID register) with its raw value per column. */
export interface CapabilityGroup {
  /** vmxcap's group heading: "secondary processor-based controls". */
  readonly title: string;
  /** MSR name and address, or CPUID leaf and register. */
  readonly source: string;
  /** Raw 64-bit value per column; null where the column has no such MSR. */
  readonly raw: readonly (string | null)[];
  readonly bits: readonly CapabilityBit[];
  readonly fields: readonly CapabilityField[];
  readonly differs: boolean;
}

export interface CapsResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly cpu: string;
  readonly columns: readonly {
    readonly column: string;
    readonly full: string;
    readonly vmx: boolean;
    readonly svm: boolean;
  }[];
  readonly groups: readonly CapabilityGroup[];
}

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly needs: readonly string[];
  readonly tags: readonly string[];
  readonly manual: readonly string[];
}

/** Scenarios x columns. */
export interface MatrixResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly hvdiff: string;
  readonly cpu: string;
  readonly columns: readonly {
    readonly column: string;
    readonly full: string;
    readonly product: string;
    readonly confidence: Confidence | null;
  }[];
  readonly rows: readonly {
    readonly scenario: ScenarioResult;
    /** The silicon of this row, where it is another one: scenarios about SVM run on a processor that has it unless one was named. */
    readonly cpu?: string;
    readonly cells: readonly MatrixCell[];
  }[];
}

export interface MatrixCell {
  readonly column: string;
  readonly outcome: OutcomeResult;
  /** How many verdicts this column or the first has, and how many differ between them. */
  readonly verdicts: number;
  readonly differing: number;
  readonly unattributed: number;
  /** Ids of all quirks that cause differences in this cell, sorted. */
  readonly quirks: readonly string[];
  /** Reasons of the VM exits that L1 saw, sorted. */
  readonly exits: readonly string[];
  /** Ids of the verdicts that differ from the first column's. */
  readonly differs: readonly string[];
  /** A short stable hash of outcome and verdicts: equal signatures look equal to the guest's author. */
  readonly signature: string;
}

/** What a real machine said of itself, beside simulated ones. */
export interface DumpResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly format: string;
  /** How many bits and fields the text says something about. */
  readonly claims: number;
  /** The silicon and columns that are most like it, with how many of these differ. */
  readonly nearest: readonly {
    readonly cpu: string;
    readonly column: string;
    readonly full: string;
    readonly differing: number;
  }[];
  /** What the differences are to. */
  readonly against: { readonly cpu: string; readonly column: string; readonly full: string };
  readonly differences: readonly {
    readonly title: string;
    readonly source: string;
    readonly label: string;
    readonly dump: string;
    readonly column: string;
  }[];
}

/** A VM-entry check that a VMCS does not pass. */
export interface FailingCheck {
  readonly id: string;
  readonly group: string;
  readonly sdm: string;
}

/** What the checks of one column say of a VMCS. */
export interface CheckedColumn {
  readonly column: string;
  /** `enters`, or how the first failing check ends the entry: `VMfail 7`, `VMfail 8`, `exit 33 …`. */
  readonly outcome: string;
  /** In the order in which they are made. */
  readonly failing: readonly FailingCheck[];
}

/** Dumped VMCSs against the VM-entry checks of columns. */
export interface CheckVmcsResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly cpu: string;
  readonly vmcss: readonly {
    readonly label: string;
    /** What the dump says, by field. */
    readonly fields: Readonly<Record<string, string>>;
    readonly columns: readonly CheckedColumn[];
  }[];
}
