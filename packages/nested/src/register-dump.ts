import { FAULT_NONE, STATE } from "@hvdiff/cpu";
import type { Outcome } from "@hvdiff/machine";
import { F } from "./fields.ts";
import type { SegmentRegister, SystemRegisters } from "./userspace.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";
import { VmxVcpuAccess } from "./vmx-vcpu-access.ts";

/*
 * The registers of a virtual processor as an emulator in userspace prints them when it cannot go on.
 */

const GENERAL = [
  "RAX",
  "RBX",
  "RCX",
  "RDX",
  "RSI",
  "RDI",
  "RBP",
  "RSP",
  "R8 ",
  "R9 ",
  "R10",
  "R11",
  "R12",
  "R13",
  "R14",
  "R15",
];
/** Encodings of these. */
const ENCODINGS = [0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];
const SEGMENTS = ["ES ", "CS ", "SS ", "DS ", "FS ", "GS ", "LDT", "TR "];
const FLAG_LETTERS: readonly (readonly [bit: number, letter: string])[] = [
  [10, "D"],
  [11, "O"],
  [7, "S"],
  [6, "Z"],
  [4, "A"],
  [2, "P"],
  [0, "C"],
];
const BYTES_BEFORE = 20;
const BYTES = 50;

function hex(value: bigint | number, digits: number): string {
  return (typeof value === "number" ? BigInt(value >>> 0) : value).toString(16).padStart(digits, "0");
}

function letter(value: number, bit: number, name: string): string {
  return ((value >>> bit) & 1) !== 0 ? name : "-";
}

function general(gpr: readonly bigint[]): string[] {
  const texts = ENCODINGS.map((encoding, at) => `${GENERAL[at]}=${hex(gpr[encoding]!, 16)}`);
  return [0, 4, 8, 12].map((first) => texts.slice(first, first + 4).join(" "));
}

/** Code and data segments: what kind, and three of their bits. */
function segmentKind(access: number): string {
  const accessed = letter(access, 0, "A");
  const second = letter(access, 1, (access & 8) !== 0 ? "R" : "W");
  if ((access & 8) === 0) return `DS   [${letter(access, 2, "E")}${second}${accessed}]`;
  const size = (access & 0x2000) !== 0 ? "64" : (access & 0x4000) !== 0 ? "32" : "16";
  return `CS${size} [${letter(access, 2, "C")}${second}${accessed}]`;
}

function segment(register: SegmentRegister, at: number): string {
  const { selector, base, limit, access } = register;
  const flags = (access << 8) & 0xf0ff00;
  const start = `${SEGMENTS[at]}=${hex(selector, 4)} ${hex(base, 16)} ${hex(limit, 8)} ${hex(flags, 8)}`;
  if ((access & 0x80) === 0) return start;
  const kind = (access & 0x10) !== 0 ? segmentKind(access) : at === 6 ? "LDT" : "TSS64-busy";
  return `${start} DPL=${(access >>> 5) & 3} ${kind}`;
}

function debugRegisters({ silicon, v01 }: VmxVcpu): string[] {
  const { s } = silicon;
  const at = (word: number) => hex((BigInt(s[word + 1]! >>> 0) << 32n) | BigInt(s[word]! >>> 0), 16);
  const addresses = [0, 1, 2, 3].map((number) => `DR${number}=${at(STATE.DR0 + 2 * number)}`);
  return [addresses.join(" "), `DR6=${hex(s[STATE.DR6]!, 16)} DR7=${hex(v01.read("guestDr7"), 16)}`];
}

function controlRegisters({ cr0, cr2, cr3, cr4 }: SystemRegisters): string {
  return `CR0=${hex(cr0, 8)} CR2=${hex(cr2, 16)} CR3=${hex(cr3, 16)} CR4=${hex(cr4, 8)}`;
}

/** Bytes around RIP, which its own are marked in. */
function code({ guestCpu, v01, state }: VmxVcpu, rip: bigint): string {
  guestCpu.sync(v01, state);
  const base = guestCpu.file.in64BitMode ? 0n : v01.read("guestCsBase");
  const bytes: string[] = [];
  for (let at = 0; at < BYTES; at++) {
    const address = BigInt.asUintN(64, base + rip + BigInt(at - BYTES_BEFORE));
    const byte = guestCpu.read(Number(BigInt.asIntN(32, address)), Number(BigInt.asIntN(32, address >> 32n)), 1);
    const text = byte === null ? "??" : hex(byte, 2);
    bytes.push(at === BYTES_BEFORE ? `<${text}>` : text);
  }
  guestCpu.file.fault = FAULT_NONE;
  return `Code=${bytes.join(" ")}`;
}

/** The registers of a processor that runs L1, and the bytes where it is. */
function registerDump(vcpu: VmxVcpu): string {
  const access = new VmxVcpuAccess(vcpu, vcpu.l0.options.policy.userspace);
  const { gpr, rip, rflags } = access.generalRegisters();
  const system = access.systemRegisters();
  const { v01 } = vcpu;
  const flags = Number(rflags);
  const letters = FLAG_LETTERS.map(([bit, name]) => letter(flags, bit, name)).join("");
  const privilege = (v01.lo(F.guestSsAccessRights) >>> 5) & 3;
  const table = (name: string, base: bigint, limit: number) => `${name}=     ${hex(base, 16)} ${hex(limit, 8)}`;
  return [
    ...general(gpr),
    `RIP=${hex(rip, 16)} RFL=${hex(flags, 8)} [${letters}] CPL=${privilege} II=0 A20=1 SMM=0 HLT=0`,
    ...system.segments.map(segment),
    table("GDT", v01.read("guestGdtrBase"), v01.lo(F.guestGdtrLimit)),
    table("IDT", v01.read("guestIdtrBase"), v01.lo(F.guestIdtrLimit)),
    controlRegisters(system),
    ...debugRegisters(vcpu),
    `EFER=${hex(system.efer, 16)}`,
    code(vcpu, rip),
  ].join("\n");
}

/** L0 cannot go on: the words it stops the virtual machine with, and its registers. */
export function stoppedWithDump(vcpu: VmxVcpu, what: string): Outcome {
  return { kind: "l0-error", what, where: vcpu.where(), dump: `${what}\nemulation failure\n${registerDump(vcpu)}` };
}
