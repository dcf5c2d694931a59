import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CaseGuest, caseLines } from "./case-guest.ts";

const TOOLS = ["bochs", "grub-mkrescue", "xorriso", "script"];
const SECONDS = 240;

/** Whether Bochs and what boots it are installed. */
export function hasBochs(): boolean {
  return TOOLS.every((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0);
}

function makeIso(directory: string, image: string, module: Uint8Array): void {
  const boot = join(directory, "iso/boot");
  mkdirSync(join(boot, "grub"), { recursive: true });
  copyFileSync(image, join(boot, "guest.elf"));
  writeFileSync(join(boot, "cases.bin"), module);
  const menu = "set timeout=0\nmultiboot /boot/guest.elf\nmodule /boot/cases.bin cases\nboot\n";
  writeFileSync(join(boot, "grub/grub.cfg"), menu);
  const { status, stderr } = spawnSync("grub-mkrescue", ["-o", join(directory, "guest.iso"), join(directory, "iso")], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`grub-mkrescue: ${stderr}`);
}

const configuration = (directory: string): string => `config_interface: textconfig
display_library: term
plugin_ctrl: unmapped=1, biosdev=1, extfpuirq=1, serial=1
megs: 64
cpu: model=corei7_icelake_u, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=0
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=${join(directory, "guest.iso")}, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=${join(directory, "serial")}
log: ${join(directory, "log")}
clock: sync=none, time0=946681200
panic: action=report, CPU0=report
error: action=report
info: action=ignore
`;

/** What the guest prints under Bochs 2.7, booted through GRUB, on the model that `bochs-icelake-u` is made from. */
export function linesUnderBochs(guest: CaseGuest, module: Uint8Array): string[] {
  const directory = mkdtempSync(join(tmpdir(), "cases-"));
  try {
    makeIso(directory, guest.image, module);
    writeFileSync(join(directory, "bochsrc"), configuration(directory));
    // The debugger build is told to continue.
    writeFileSync(join(directory, "commands"), "c\n".repeat(8));
    const command = `timeout -s KILL ${SECONDS} bochs -q -f ${directory}/bochsrc -rc ${directory}/commands`;
    spawnSync("script", ["-qfc", command, "/dev/null"], { stdio: "ignore", env: { ...process.env, TERM: "vt100" } });
    const serial = join(directory, "serial");
    return existsSync(serial) ? caseLines(guest, readFileSync(serial, "latin1")) : [];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
