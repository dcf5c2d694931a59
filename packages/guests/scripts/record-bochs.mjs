// Records what the images print under Bochs, booted through GRUB as on a real PC, into captures/bochs-2.7-<model>/.
//
//   node scripts/record-bochs.mjs [--model corei7_icelake_u] [--memory 64] [--processors 1] [--out DIR] [IMAGE…]
//
// Needs bochs with its term display, grub-mkrescue (grub-common, grub-pc-bin, xorriso) and script (util-linux).
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { imageNames } from "./build-images.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const TIME_LIMIT_SECONDS = 60;
const tools = ["bochs", "grub-mkrescue", "xorriso", "script"];

function missingTools() {
  return tools.filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
}

function makeIso(directory, image) {
  const tree = join(directory, "iso");
  mkdirSync(join(tree, "boot/grub"), { recursive: true });
  writeFileSync(join(tree, "boot/guest.elf"), readFileSync(image));
  writeFileSync(join(tree, "boot/grub/grub.cfg"), "set timeout=0\nmultiboot /boot/guest.elf\nboot\n");
  const iso = join(directory, "guest.iso");
  const result = spawnSync("grub-mkrescue", ["-o", iso, tree], { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`grub-mkrescue: ${result.stderr}`);
  return iso;
}

function bochsConfiguration({ iso, serial, log, model, memory, processors }) {
  return `config_interface: textconfig
display_library: term
plugin_ctrl: unmapped=1, biosdev=1, extfpuirq=1, serial=1
megs: ${memory}
cpu: model=${model}, count=${processors}, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=0
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=${iso}, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=${serial}
log: ${log}
clock: sync=none, time0=946681200
panic: action=report, CPU0=report
error: action=report
info: action=ignore
`;
}

/** Starts Bochs (its debugger build is told to continue) and waits until it leaves or the time is up. */
function runBochs(directory, configuration) {
  const file = join(directory, "bochsrc");
  const commands = join(directory, "commands");
  writeFileSync(file, configuration);
  writeFileSync(commands, "c\n".repeat(8));
  return new Promise((resolve) => {
    // Bochs does not die with its terminal, hence `timeout` next to it.
    const command = `timeout -s KILL ${TIME_LIMIT_SECONDS} bochs -q -f ${file} -rc ${commands}`;
    const child = spawn("script", ["-qfc", command, "/dev/null"], {
      stdio: "ignore",
      env: { ...process.env, TERM: "vt100" },
    });
    child.on("exit", resolve);
  });
}

/** A Bochs panic is something it does not implement; it goes on, and what the guest prints next means nothing. */
function writePanics(file, log) {
  const panics = [...log.matchAll(/>>PANIC<< (.*)/g)]
    .map((match) => match[1])
    .filter((text) => !/^Shutdown port/.test(text));
  rmSync(file, { force: true });
  if (panics.length > 0) writeFileSync(file, `${panics.join("\n")}\n`);
}

async function record(name, { model, memory, processors, out }) {
  const directory = mkdtempSync(join(tmpdir(), "hvdiff-bochs-"));
  try {
    const serial = join(directory, "serial.log");
    const log = join(directory, "bochs.log");
    const iso = makeIso(directory, join(root, "images", `${name}.elf`));
    await runBochs(directory, bochsConfiguration({ iso, serial, log, model, memory, processors }));
    const text = existsSync(serial) ? readFileSync(serial, "latin1").replaceAll("\r", "") : "";
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, `${name}.log`), text, "latin1");
    writePanics(join(out, `${name}.panics.txt`), existsSync(log) ? readFileSync(log, "latin1") : "");
    const complete = text.endsWith("done\n");
    console.log(`${name} on ${model}: ${complete ? "complete" : "INCOMPLETE"}, ${text.split("\n").length - 1} lines`);
    if (!complete && existsSync(log)) console.error(readFileSync(log, "latin1").split("\n").slice(-12).join("\n"));
    return complete;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const { values, positionals } = parseArgs({
  options: {
    model: { type: "string", default: "corei7_icelake_u" },
    memory: { type: "string", default: "64" },
    processors: { type: "string", default: "1" },
    out: { type: "string" },
  },
  allowPositionals: true,
});
const missing = missingTools();
if (missing.length > 0) {
  console.error(`not recorded: ${missing.join(", ")} not installed`);
  process.exit(2);
}
const out = values.out ?? join(root, "captures", `bochs-2.7-${values.model}`);
let complete = true;
for (const name of positionals.length > 0 ? positionals : imageNames()) {
  const { model, memory, processors } = values;
  if (!(await record(name, { model, memory, processors, out }))) complete = false;
}
process.exitCode = complete ? 0 : 1;
