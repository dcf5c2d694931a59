/** One option of the command line. Without `value` it is a flag. */
export interface OptionDef {
  readonly name: string;
  /** Other spellings, dashes included: QEMU's, or one letter. */
  readonly aliases?: readonly string[];
  /** What stands for the value in help. */
  readonly value?: string;
  /** The only values accepted. */
  readonly choices?: readonly string[];
  readonly repeatable?: boolean;
  readonly summary: string;
}

/** All options; a command names the ones it takes. */
export const OPTIONS = {
  on: {
    name: "on",
    value: "COLUMN[,COLUMN…]",
    repeatable: true,
    summary: "columns to run on; the first is what others are compared with (default: metal and the usual ones)",
  },
  onOne: { name: "on", value: "COLUMN", repeatable: true, summary: "the column to run on (default: metal)" },
  levels: {
    name: "levels",
    value: "COLUMN,COLUMN[,COLUMN…]",
    repeatable: true,
    summary: "hypervisors that stand on each other, the lowest first",
  },
  copies: {
    name: "copies",
    value: "N",
    summary: "instead: every VMCS copy from the guest's N-th exit until its hypervisor hears of it",
  },
  onExplored: { name: "on", value: "COLUMN", repeatable: true, summary: "the column to search on" },
  events: {
    name: "events",
    value: "EVENT[,EVENT…]",
    repeatable: true,
    summary:
      "what may come from outside: signal, host-irq, reclaim, irq, irq:VECTOR, nmi, turn, pause, migrate (default: signal)",
  },
  bound: { name: "bound", value: "N", summary: "most events in a schedule (default: 1)" },
  property: {
    name: "property",
    value: "TEXT",
    summary: "what must hold: verdicts, trace, default, lost-event, or conditions joined by `and` (default: verdicts)",
  },
  random: { name: "random", value: "SEED", summary: "schedules by chance instead of all" },
  schedules: { name: "schedules", value: "N", summary: "most schedules to try (default by chance: 1000)" },
  workers: { name: "workers", value: "N", summary: "cores that take part (default: all)" },
  exploreFormat: {
    name: "format",
    aliases: ["-f"],
    value: "table|json",
    choices: ["table", "json"],
    summary: "how to print (default: table)",
  },
  onActive: { name: "on", value: "COLUMN", repeatable: true, summary: "only quirks active in this column" },
  against: {
    name: "against",
    value: "COLUMN",
    repeatable: true,
    summary: "column to compare with; the first one is the reference (default: metal)",
  },
  cpu: {
    name: "cpu",
    aliases: ["-cpu"],
    value: "MODEL[,±FEATURE…]",
    summary:
      "the silicon: one of `hvdiff cpus`, or QEMU's name of it; `max` is the one with most; features can be switched (default: skylake-client; zen2 for scenarios about SVM)",
  },
  firmware: {
    name: "firmware",
    value: "none|seabios|ovmf",
    choices: ["none", "seabios", "ovmf"],
    summary: "state in which firmware leaves the machine (default: seabios)",
  },
  memory: {
    name: "memory",
    aliases: ["-m"],
    value: "SIZE",
    summary: "guest RAM: 64M, 1G; a bare number is MiB (default: 64M)",
  },
  append: { name: "append", aliases: ["-append"], value: "TEXT", summary: "the guest's command line" },
  initrd: {
    name: "initrd",
    aliases: ["-initrd"],
    value: "FILE[,FILE…]",
    summary: "files beside the image: multiboot modules (`file arguments`), or Linux' initial RAM disk",
  },
  smp: { name: "smp", aliases: ["-smp"], value: "N", summary: "logical processors (default: 1)" },
  boot: {
    name: "boot",
    value: "PROTOCOL",
    choices: ["multiboot", "multiboot2", "pvh", "linux", "flat"],
    summary: "how to start the image; without it the image decides (multiboot, multiboot2, pvh, linux, flat)",
  },
  entry: { name: "entry", value: "ADDRESS", summary: "start a flat image at this physical address" },
  load: { name: "load", value: "ADDRESS", summary: "where a flat image lies (default: at its entry point)" },
  mode: {
    name: "mode",
    value: "16|32|64",
    choices: ["16", "32", "64"],
    summary: "mode in which a flat image starts (default: 32, protected mode without paging)",
  },
  device: {
    name: "device",
    value: "pci-testdev|hyperv-testdev",
    choices: ["pci-testdev", "hyperv-testdev"],
    repeatable: true,
    summary: "a device that is not always there: QEMU's test device for PCI, or for Hyper-V's synthetic interrupts",
  },
  noReboot: {
    name: "no-reboot",
    aliases: ["-no-reboot"],
    summary: "a reset on metal ends the run, instead of booting the image again",
  },
  kernel: { name: "kernel", aliases: ["-kernel"], value: "FILE", summary: "the path of an image, as GUEST" },
  serial: {
    name: "serial",
    value: "stdio|none|file:PATH",
    summary: "where the guest's serial output goes (default: stdio)",
  },
  debugcon: {
    name: "debugcon",
    value: "stdio|none|file:PATH",
    summary: "where output of the debug port 0xe9 goes (default: none)",
  },
  quirk: {
    name: "quirk",
    value: "±ID",
    repeatable: true,
    summary: "switch a quirk on (+) or off (-) by hand; may be repeated",
  },
  schedule: {
    name: "schedule",
    value: "TEXT",
    summary: "what comes from outside, and when: signal@1234,irq:0x31@88 (default: nothing)",
  },
  maxInstructions: {
    name: "max-instructions",
    value: "N",
    summary: "stop a column after so many guest instructions; that is an outcome, not an error",
  },
  engine: {
    name: "engine",
    value: "jit|interp|both",
    choices: ["interp", "jit", "both"],
    summary:
      "how guest code is executed: compiled where it is hot (default), never, or both and compared; the result is the same",
  },
  format: {
    name: "format",
    aliases: ["-f"],
    value: "table|json|jsonl|md",
    choices: ["table", "json", "jsonl", "md"],
    summary: "how to print (default: table)",
  },
  testFormat: {
    name: "format",
    aliases: ["-f"],
    value: "FORMAT",
    choices: ["table", "json", "jsonl", "md", "tap", "junit"],
    summary: "how to print: table, json, jsonl, md, or each verdict as a test: tap, junit (default: table)",
  },
  cost: {
    name: "cost",
    value: "NAME=CYCLES",
    repeatable: true,
    summary: "what one thing costs in the model, such as merge=3500",
  },
  output: { name: "output", aliases: ["-o"], value: "FILE", summary: "write to FILE, all of it or nothing" },
  gdb: {
    name: "gdb",
    value: "PORT",
    summary: "let GDB connect to this TCP port of 127.0.0.1, 0 for any free one (QEMU's -s is --gdb 1234)",
  },
  stopped: {
    name: "stopped",
    summary: "with --gdb: the guest stands still until GDB lets it go (QEMU's -S)",
  },
  trace: {
    name: "trace",
    value: "jsonl|text|ftrace",
    choices: ["jsonl", "text", "ftrace"],
    summary:
      "print the guest-visible trace instead of the serial output; ftrace: what L0 does, as KVM's tracepoints tell it",
  },
  filter: {
    name: "filter",
    value: "QUERY",
    summary: "show only what fits: is:different, kvm:!metal, outcome:hang, quirk:kvm/*, and/or/not, seq(…, …)",
  },
  all: { name: "all", aliases: ["-a"], summary: "also what is the same in every column" },
  port: { name: "port", value: "N", summary: "TCP port, 0 for any free one (default: 4870)" },
  host: { name: "host", value: "ADDRESS", summary: "address to listen on (default: 127.0.0.1)" },
  export: {
    name: "export",
    value: "DIR",
    summary:
      "write the dashboard into an empty directory, as a site that works from any file server, and serve nothing",
  },
  data: {
    name: "data",
    value: "DIR|none",
    summary: "where results, runs and uploads are kept (default: hvdiff in the user's state directory)",
  },
  help: { name: "help", aliases: ["-h"], summary: "this text" },
} as const satisfies Record<string, OptionDef>;

/** What decides a run; shared by every command that runs guests. */
export const RUN_OPTIONS: readonly OptionDef[] = [
  OPTIONS.cpu,
  OPTIONS.firmware,
  OPTIONS.memory,
  OPTIONS.append,
  OPTIONS.initrd,
  OPTIONS.smp,
  OPTIONS.device,
  OPTIONS.boot,
  OPTIONS.entry,
  OPTIONS.load,
  OPTIONS.mode,
  OPTIONS.quirk,
  OPTIONS.schedule,
  OPTIONS.maxInstructions,
  OPTIONS.engine,
];
