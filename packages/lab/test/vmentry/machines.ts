import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findCpuModel } from "@hvdiff/cpu";
import { createMetal, guestOutput } from "@hvdiff/machine";

const IMAGE = fileURLToPath(new URL("vmcs-cases.elf", import.meta.url));
const MIB = 0x100000;
const BOCHS_SECONDS = 120;

/** The lines of what the guest printed that are of cases. */
function caseLines(serial: string): string[] {
  return serial.split(/\r?\n/).filter((line) => /^\d+ (error|invalid|0x)/.test(line));
}

/** What the guest prints on simulated silicon. */
export function linesOnMetal(module: Uint8Array): string[] {
  const machine = createMetal({
    image: new Uint8Array(readFileSync(IMAGE)),
    modules: [{ commandLine: "cases", data: module }],
    model: findCpuModel("bochs-icelake-u")!,
    memory: 64 * MIB,
    firmware: "seabios",
    bounds: { instructions: 100_000_000, events: 1, memory: 64 * MIB },
    recordTrace: false,
  });
  const outcome = machine.run();
  const lines = caseLines(guestOutput(machine.pc!).serial);
  return outcome.kind === "exit" ? lines : [...lines, `ended with ${JSON.stringify(outcome)}`];
}

function isoWith(directory: string, module: Uint8Array): string {
  const tree = join(directory, "iso");
  const iso = join(directory, "guest.iso");
  mkdirSync(join(tree, "boot/grub"), { recursive: true });
  copyFileSync(IMAGE, join(tree, "boot/guest.elf"));
  writeFileSync(join(tree, "boot/cases.bin"), module);
  writeFileSync(
    join(tree, "boot/grub/grub.cfg"),
    "set timeout=0\nmultiboot /boot/guest.elf\nmodule /boot/cases.bin cases\nboot\n",
  );
  const made = spawnSync("grub-mkrescue", ["-o", iso, tree], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`grub-mkrescue: ${made.stderr}`);
  return iso;
}

/** What the guest prints under Bochs 2.7, on the model that `bochs-icelake-u` is made from. */
export function linesUnderBochs(module: Uint8Array): string[] {
  const directory = mkdtempSync(join(tmpdir(), "vmcs-cases-"));
  const [configuration, commands, serial] = ["bochsrc", "commands", "serial.log"].map((name) => join(directory, name));
  writeFileSync(
    configuration!,
    `config_interface: textconfig
display_library: term
plugin_ctrl: unmapped=1, biosdev=1, extfpuirq=1, serial=1
megs: 64
cpu: model=corei7_icelake_u, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=0
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=${isoWith(directory, module)}, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=${serial}
log: ${join(directory, "bochs.log")}
clock: sync=none, time0=946681200
panic: action=report
error: action=ignore
info: action=ignore
`,
  );
  writeFileSync(commands!, "c\n".repeat(8));
  const command = `timeout -s KILL ${BOCHS_SECONDS} bochs -q -f ${configuration} -rc ${commands}`;
  spawnSync("script", ["-qfc", command, "/dev/null"], { stdio: "ignore", env: { ...process.env, TERM: "vt100" } });
  const lines = existsSync(serial!) ? caseLines(readFileSync(serial!, "latin1")) : [];
  rmSync(directory, { recursive: true });
  return lines;
}
