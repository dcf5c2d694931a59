import { expect, test } from "vitest";
import { OPTIONS, RUN_OPTIONS } from "../src/options.ts";
import { QEMU_FLAGS } from "../src/qemu/flags-table.ts";
import { translateQemu } from "../src/qemu/translate.ts";

const OWN = [...RUN_OPTIONS, OPTIONS.serial, OPTIONS.output];
const translate = (argv: readonly string[]) => translateQemu(argv, OWN);

test.each<[string[], string[]]>([
  [
    ["-kernel", "a.elf", "-append", "-x --y", "-initrd", "env"],
    ["--kernel=a.elf", "--append=-x --y", "--initrd=env"],
  ],
  [["-m", "2048"], ["--memory=2048"]],
  [["-m", "size=4G"], ["--memory=4G"]],
  [["-smp", "4"], ["--smp=4"]],
  [["-smp", "cpus=2,sockets=2"], ["--smp=2"]],
  [["-smp", "sockets=4"], ["--smp=4"]],
  [["-cpu", "qemu64,+x2apic"], ["--cpu=qemu64,+x2apic"]],
  [["-serial", "mon:stdio"], ["--serial=stdio"]],
  [["-serial", "file:a b,c"], ["--serial=file:a b,c"]],
  [["-serial", "null", "-serial", "none"], ["--serial=none"]],
  [["-serial", "chardev:c", "-chardev", "file,id=c,path=log"], ["--serial=file:log"]],
  [["-chardev", "stdio,id=c", "-device", "isa-debugcon,iobase=0xe9,chardev=c"], ["--debugcon=stdio"]],
  [["-debugcon", "file:debug.log"], ["--debugcon=file:debug.log"]],
  [["-nographic", "-no-shutdown", "--no-shutdown", "-nodefaults", "-display", "none", "-vnc", "none"], []],
  [["-no-reboot"], ["--no-reboot"]],
  [["--no-reboot"], ["--no-reboot"]],
  [["-machine", "pc,accel=tcg", "-M", "pc-i440fx-8.2,usb=off", "-accel", "tcg,thread=single"], []],
  [["-device", "isa-debug-exit,iobase=0xf4,iosize=0x4", "-device", "pc-testdev"], []],
  [["-device", "pci-testdev"], ["--device=pci-testdev"]],
  [["-global", "kvm-pit.lost_tick_policy=discard", "-net", "none", "-monitor", "none"], []],
  [
    ["-s", "-S"],
    ["--gdb=1234", "--stopped"],
  ],
  [["-gdb", "tcp::2345", "-gdb", "none"], ["--gdb=2345"]],
  [["-gdb", "tcp:localhost:9,server=on,wait=off"], ["--gdb=9"]],
  [
    ["guest.elf", "--append", "-smp", "-o", "-m"],
    ["guest.elf", "--append", "-smp", "-o", "-m"],
  ],
  [
    ["--smp", "2", "--", "-smp"],
    ["--smp", "2", "--", "-smp"],
  ],
])("%j is %j, with nothing to say", (argv, expected) => {
  expect(translate(argv)).toEqual({ argv: expected, notes: [] });
});

test.each([
  [["-enable-kvm"], "-enable-kvm: every processor is simulated; there is no accelerator"],
  [["-accel", "kvm"], "-accel kvm: every processor is simulated; there is no accelerator"],
  [["-machine", "accel=kvm:tcg"], "-machine accel=kvm:tcg: every processor is simulated; there is no accelerator"],
  [["-M", "q35"], "-machine q35: this PC is laid out as QEMU's pc, without PCI Express"],
  [["-machine", "pit=off"], "-machine pit=off: the 8254 stays"],
  [["-display", "gtk"], "-display gtk: this PC has no display"],
  [["-m", "1G,slots=2"], "-m 1G,slots=2: memory cannot be added while the machine runs"],
  [["-smp", "4,cores=4"], "-smp 4,cores=4: each processor is a package of its own"],
  [["-rtc", "base=utc"], "-rtc base=utc: the clock starts at the same moment in every run"],
])("%j is accepted, and it is said that %s", (argv, note) => {
  expect(translate(argv).notes).toEqual([note]);
});

test.each([
  [["-device", "virtio-net-pci,netdev=n"], "-device virtio-net-pci,netdev=n: this PC has no such device; it has"],
  [["-device", "isa-debug-exit"], "-device isa-debug-exit: the exit port of this PC is 0xf4: iobase=0xf4"],
  [["-device", "isa-debugcon,iobase=0x402"], "the debug port of this PC is 0xe9: iobase=0xe9"],
  [["-gdb", "stdio"], "-gdb stdio: GDB connects to a TCP port of this machine: tcp::PORT"],
  [["-gdb", "tcp:10.0.0.1:1"], "-gdb tcp:10.0.0.1:1: GDB connects to a TCP port of this machine"],
  [["-machine", "microvm"], "-machine microvm: the machine is a pc; there is no other"],
  [["-machine", "pc,sgx-epc=x"], '-machine pc,sgx-epc=x: property "sgx-epc" is not understood'],
  [
    ["-serial", "pty"],
    "-serial pty: no such place for output; stdio, none, null, file:PATH and chardev:ID are possible",
  ],
  [["-serial", "stdio", "-serial", "file:b"], "-serial file:b: this PC has one serial port, COM1"],
  [["-chardev", "socket,id=c"], "-chardev socket,id=c: only stdio, null and file,path=PATH are possible"],
  [["-drive", "file=a.img"], "-drive file=a.img: this PC has no disks; an image is booted with -kernel"],
  [["-netdev", "user,id=n"], "-netdev user,id=n: this PC has no network"],
  [["-net", "user"], "-net user: this PC has no network"],
  [["-bios", "b"], "-bios b: no firmware is run; --firmware says what state it leaves"],
  [["-daemonize"], "-daemonize: runs in the foreground only"],
  [["-kernl", "a"], "-kernl: this flag is not understood (nearest: -kernel)"],
  [["-kernel"], "-kernel needs a value"],
])("%j is refused: %s", (argv, message) => {
  expect(() => translate(argv)).toThrow(message);
});

test("hvdiff's own letters are not taken away by QEMU's flags", () => {
  for (const { aliases } of [OPTIONS.output, OPTIONS.format, OPTIONS.all, OPTIONS.help])
    for (const alias of aliases) expect(Object.hasOwn(QEMU_FLAGS, alias.slice(1))).toBe(false);
});
