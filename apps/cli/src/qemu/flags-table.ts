import { chardev, debugcon, serial } from "./character-devices.ts";
import { device } from "./devices-table.ts";
import { type QemuDraft, readProperties, refuse } from "./draft.ts";
import { accelerator, machine } from "./machine-properties.ts";

/** A flag of QEMU's: whether a value follows it, and what it means here. */
export interface QemuFlag {
  readonly takesValue: boolean;
  readonly apply: (value: string, draft: QemuDraft) => void;
}

const handled = (apply: QemuFlag["apply"]): QemuFlag => ({ takesValue: true, apply });

/** hvdiff has an option of the same meaning. */
const option = (name: string): QemuFlag => handled((value, draft) => draft.argv.push(`--${name}=${value}`));

const ignored = (takesValue: boolean): QemuFlag => ({ takesValue, apply: () => {} });

/** Accepted, and said that it makes no difference, unless the value is one of those that ask for nothing. */
const noted = (flag: string, reason: string, silent: readonly string[] = []): QemuFlag =>
  handled((value, draft) => {
    if (!silent.includes(value)) draft.notes.push(`-${flag} ${value}: ${reason}`);
  });

const refused = (flag: string, reason: string, takesValue = true): QemuFlag => ({
  takesValue,
  apply: (value) => {
    throw refuse(flag, value, reason);
  },
});

/** Refused, unless the value asks for nothing. */
const noneOnly = (flag: string, reason: string): QemuFlag =>
  handled((value) => {
    if (value !== "none") throw refuse(flag, value, reason);
  });

const NO_DISK = "this PC has no disks; an image is booted with -kernel";
const NO_NETWORK = "this PC has no network";
const NO_DISPLAY = "this PC has no display";
const NO_MONITOR = "there is no monitor";

/** `-smp 4` or `-smp cpus=4,sockets=1,…`. */
function smp(value: string, draft: QemuDraft): void {
  const { first, values } = readProperties(value);
  const topology = ["sockets", "dies", "clusters", "cores", "threads"].map((name) => Number(values.get(name) ?? 1));
  const count = first ?? values.get("cpus") ?? `${topology.reduce((product, each) => product * each, 1)}`;
  draft.argv.push(`--smp=${count}`);
  if (topology.slice(1).some((each) => each !== 1))
    draft.notes.push(`-smp ${value}: each processor is a package of its own`);
}

/** `-m 512`, `-m 4G` or `-m size=4G,slots=…`. */
function memory(value: string, draft: QemuDraft): void {
  const { first, values } = readProperties(value);
  draft.argv.push(`--memory=${first ?? values.get("size") ?? value}`);
  if (values.has("slots") || values.has("maxmem"))
    draft.notes.push(`-m ${value}: memory cannot be added while the machine runs`);
}

/** `-gdb tcp::1234`. */
function gdb(value: string, draft: QemuDraft): void {
  if (value === "none") return;
  const port = /^tcp:(?:localhost|127\.0\.0\.1)?:(\d+)$/.exec(value.split(",")[0]!)?.[1];
  if (port === undefined) throw refuse("gdb", value, "GDB connects to a TCP port of this machine: tcp::PORT");
  draft.argv.push(`--gdb=${port}`);
}

function global(value: string, draft: QemuDraft): void {
  // What happens to lost timer ticks is no question where none are lost.
  if (!value.startsWith("kvm-pit.") && !value.startsWith("kvm-apic."))
    draft.notes.push(`-global ${value}: not looked at`);
}

/** Every flag that is understood, by its name without dashes. */
export const QEMU_FLAGS: Readonly<Record<string, QemuFlag>> = {
  kernel: option("kernel"),
  append: option("append"),
  initrd: option("initrd"),
  cpu: option("cpu"),
  smp: handled(smp),
  m: handled(memory),
  serial: handled(serial),
  debugcon: handled(debugcon),
  chardev: handled(chardev),
  device: handled((value, draft) => device(value, readProperties(value), draft)),
  machine: handled(machine),
  M: handled(machine),
  accel: handled((value, draft) => accelerator("accel ", value, draft)),
  global: handled(global),
  nographic: ignored(false),
  nodefaults: ignored(false),
  "no-reboot": { takesValue: false, apply: (_value, draft) => draft.argv.push("--no-reboot") },
  "no-shutdown": ignored(false),
  "no-user-config": ignored(false),
  "no-fd-bootchk": ignored(false),
  snapshot: ignored(false),
  action: ignored(true),
  name: ignored(true),
  boot: ignored(true),
  icount: ignored(true),
  overcommit: ignored(true),
  msg: ignored(true),
  sandbox: ignored(true),
  L: ignored(true),
  k: ignored(true),
  display: noted("display", NO_DISPLAY, ["none"]),
  vnc: noted("vnc", NO_DISPLAY, ["none"]),
  vga: noted("vga", NO_DISPLAY, ["none"]),
  monitor: noted("monitor", NO_MONITOR, ["none", "null"]),
  parallel: noted("parallel", "this PC has no parallel port", ["none", "null"]),
  rtc: noted("rtc", "the clock starts at the same moment in every run"),
  uuid: noted("uuid", "this PC has no SMBIOS tables"),
  smbios: noted("smbios", "this PC has no SMBIOS tables"),
  d: noted("d", "QEMU's log does not exist here; `hvdiff run --trace` shows what happens"),
  D: noted("D", "QEMU's log does not exist here; `hvdiff run --trace` shows what happens"),
  trace: noted("trace", "QEMU's events do not exist here; `hvdiff run --trace` shows what happens"),
  "enable-kvm": {
    takesValue: false,
    apply: (_value, draft) => draft.notes.push("-enable-kvm: every processor is simulated; there is no accelerator"),
  },
  "no-acpi": { takesValue: false, apply: (_value, draft) => draft.notes.push("-no-acpi: ACPI stays") },
  "no-hpet": { takesValue: false, apply: (_value, draft) => draft.notes.push("-no-hpet: the HPET stays") },
  net: noneOnly("net", NO_NETWORK),
  nic: noneOnly("nic", NO_NETWORK),
  s: { takesValue: false, apply: (_value, draft) => draft.argv.push("--gdb=1234") },
  S: { takesValue: false, apply: (_value, draft) => draft.argv.push("--stopped") },
  gdb: handled(gdb),
  netdev: refused("netdev", NO_NETWORK),
  drive: refused("drive", NO_DISK),
  blockdev: refused("blockdev", NO_DISK),
  hda: refused("hda", NO_DISK),
  hdb: refused("hdb", NO_DISK),
  cdrom: refused("cdrom", NO_DISK),
  fda: refused("fda", NO_DISK),
  sd: refused("sd", NO_DISK),
  pflash: refused("pflash", "no firmware is run; --firmware says what state it leaves"),
  bios: refused("bios", "no firmware is run; --firmware says what state it leaves"),
  fw_cfg: refused("fw_cfg", "items cannot be added to the firmware configuration device"),
  acpitable: refused("acpitable", "ACPI tables cannot be added"),
  usb: refused("usb", "this PC has no USB", false),
  usbdevice: refused("usbdevice", "this PC has no USB"),
  object: refused("object", "QEMU's objects do not exist here"),
  numa: refused("numa", "all memory is one node"),
  mon: refused("mon", NO_MONITOR),
  qmp: refused("qmp", NO_MONITOR),
  incoming: refused("incoming", "machines do not migrate"),
  loadvm: refused("loadvm", "there are no saved machines"),
  daemonize: refused("daemonize", "runs in the foreground only", false),
  dtb: refused("dtb", "a PC has no device tree"),
  audio: refused("audio", "this PC has no sound"),
  audiodev: refused("audiodev", "this PC has no sound"),
};
