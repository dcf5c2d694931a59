import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { imageFile, isForAmd, type Marks, WHOLE } from "./own.ts";

const TIME_LIMIT_SECONDS = 120;
const POLL_MILLISECONDS = 2;
const BOCHS_TOOLS = ["bochs", "grub-mkrescue", "xorriso", "script"];

/** Seconds between two lines of a guest, or why there is no figure. */
export type PeerFigure = { readonly seconds: number } | { readonly missing: string };

function isInstalled(tool: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;
}

/** Looks at a text that grows and notes when the two lines turn up. */
class Watch {
  private begin = -1;
  private end = -1;

  private readonly marks: Marks;

  constructor(marks: Marks) {
    this.marks = marks;
  }

  look(text: string): void {
    const lines = text.split(/\r?\n/).slice(0, -1);
    if (this.begin < 0 && lines.includes(this.marks.from)) this.begin = performance.now();
    if (this.end < 0 && lines.includes(this.marks.to)) this.end = performance.now();
  }

  get figure(): PeerFigure {
    if (this.begin < 0 || this.end < 0) return { missing: "the guest did not get to its end" };
    return { seconds: (this.end - this.begin) / 1000 };
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on("exit", () => resolve());
    child.on("error", () => resolve());
  });
}

/** QEMU without hardware virtualization. */
export async function underQemu(name: string, marks = WHOLE): Promise<PeerFigure> {
  if (!isInstalled("qemu-system-x86_64")) return { missing: "not installed" };
  const child = spawn(
    "timeout",
    `-s KILL ${TIME_LIMIT_SECONDS} qemu-system-x86_64 -accel tcg -cpu max -kernel ${fileURLToPath(imageFile(name))} -m 64 -display none -monitor none -serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4`.split(
      " ",
    ),
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  const watch = new Watch(marks);
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    watch.look(text);
  });
  await ended(child);
  return watch.figure;
}

function bochsConfiguration(directory: string, model: string): string {
  return `config_interface: textconfig
display_library: term
plugin_ctrl: unmapped=1, biosdev=1, extfpuirq=1, serial=1
megs: 64
cpu: model=${model}, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=0
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
}

function makeIso(directory: string, name: string): void {
  mkdirSync(join(directory, "iso/boot/grub"), { recursive: true });
  writeFileSync(join(directory, "iso/boot/guest.elf"), readFileSync(imageFile(name)));
  writeFileSync(join(directory, "iso/boot/grub/grub.cfg"), "set timeout=0\nmultiboot /boot/guest.elf\nboot\n");
  const { status, stderr } = spawnSync("grub-mkrescue", ["-o", join(directory, "guest.iso"), join(directory, "iso")], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`grub-mkrescue: ${stderr}`);
}

async function runBochs(directory: string, model: string, marks: Marks): Promise<PeerFigure> {
  writeFileSync(join(directory, "bochsrc"), bochsConfiguration(directory, model));
  // The debugger build is told to continue.
  writeFileSync(join(directory, "commands"), "c\n".repeat(8));
  const command = `timeout -s KILL ${TIME_LIMIT_SECONDS} bochs -q -f ${directory}/bochsrc -rc ${directory}/commands`;
  const child = spawn("script", ["-qfc", command, "/dev/null"], {
    stdio: "ignore",
    env: { ...process.env, TERM: "vt100" },
  });
  const watch = new Watch(marks);
  const serial = join(directory, "serial");
  const look = (): void => {
    if (existsSync(serial)) watch.look(readFileSync(serial, "latin1"));
  };
  const timer = setInterval(look, POLL_MILLISECONDS);
  await ended(child);
  clearInterval(timer);
  look();
  return watch.figure;
}

/** Bochs, booted through GRUB. Its VMX has no hypervisor underneath, like our metal. */
export async function underBochs(name: string, marks = WHOLE): Promise<PeerFigure> {
  const missing = BOCHS_TOOLS.filter((tool) => !isInstalled(tool));
  if (missing.length > 0) return { missing: `not installed: ${missing.join(", ")}` };
  const directory = mkdtempSync(join(tmpdir(), "hvdiff-bench-"));
  try {
    makeIso(directory, name);
    return await runBochs(directory, isForAmd(name) ? "ryzen" : "corei7_icelake_u", marks);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
