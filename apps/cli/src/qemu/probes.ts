import packageJson from "../../package.json" with { type: "json" };
import { QEMU_DEVICES } from "./devices-table.ts";
import { QEMU_FLAGS } from "./flags-table.ts";

/** The release whose command line and machine `pc` this stands in for. Scripts read it from here. */
const QEMU_RELEASE = "8.2.0";

const VERSION = `QEMU emulator version ${QEMU_RELEASE} (hvdiff ${packageJson.version}, which is not QEMU: a simulated PC behind its command line)\n`;

const HELP = `${VERSION}usage: hvdiff-qemu -kernel FILE [flags]

Flags that are understood: ${Object.keys(QEMU_FLAGS)
  .map((name) => `-${name}`)
  .join(" ")}
HVDIFF_ON=COLUMN runs the guest under an L0: HVDIFF_ON=kvm@6.1
Exit status: (code << 1) | 1 of the exit port 0xf4; 0 after power-off, reset and triple fault; 124 for a guest that would run or
halt for ever; 1 for everything else, with a line on stderr.
`;

const CPU_HELP = `Available CPUs:
  max, host       the Intel model with most features
  Nehalem, SandyBridge, Haswell, Skylake-Client, Icelake-Server, with any version or suffix
  qemu64, kvm64   taken as max
and the names that \`hvdiff cpus\` lists. Features: +NAME, -NAME, NAME=on|off.
`;

const MACHINE_HELP = `Supported machines are:
pc                   a PC as QEMU's pc-i440fx without disks and network (default)
q35                  taken as pc
`;

const ACCELERATOR_HELP = `Accelerators supported in QEMU binary:
tcg
`;

function deviceHelp(): string {
  const lines = QEMU_DEVICES.map(({ name, bus, description }) => `name "${name}", bus ${bus}, desc "${description}"`);
  return `Misc devices:\n${lines.join("\n")}\n`;
}

/** Flags that ask for a list when their value is `help` or `?`. */
const LISTS: Readonly<Record<string, () => string>> = {
  cpu: () => CPU_HELP,
  machine: () => MACHINE_HELP,
  M: () => MACHINE_HELP,
  accel: () => ACCELERATOR_HELP,
  device: deviceHelp,
};

/** The answer to a command line that only asks a question; null where it wants a machine. */
export function answerTo(argv: readonly string[]): string | null {
  for (const [at, argument] of argv.entries()) {
    const name = argument.replace(/^--?/, "");
    if (!argument.startsWith("-")) continue;
    if (name === "version") return VERSION;
    if (name === "h" || name === "help") return HELP;
    const list = argv[at + 1] === "help" || argv[at + 1] === "?" ? LISTS[name] : undefined;
    if (list !== undefined) return list();
  }
  return null;
}
