import { MSR_NAMES, msrAddress } from "@hvdiff/spec";
import type { Dump } from "./dump.ts";

const NOTHING = { msrs: new Map<number, bigint>(), cpuid: [], named: [] };

/** `cpuid -r`: `0x00000001 0x00: eax=0x000506e3 ebx=… ecx=… edx=…`; the first processor's. */
export function parseCpuidRaw(text: string): Dump | null {
  const line =
    /0x([0-9a-f]{8})\s+0x([0-9a-f]+):\s+eax=0x([0-9a-f]+)\s+ebx=0x([0-9a-f]+)\s+ecx=0x([0-9a-f]+)\s+edx=0x([0-9a-f]+)/gi;
  const seen = new Map<string, Dump["cpuid"][number]>();
  for (const match of text.matchAll(line)) {
    const [leaf = 0, subleaf = 0, eax = 0, ebx = 0, ecx = 0, edx = 0] = match
      .slice(1)
      .map((digits) => Number.parseInt(digits, 16));
    const key = `${leaf}.${subleaf}`;
    if (!seen.has(key)) seen.set(key, { leaf, subleaf, eax, ebx, ecx, edx });
  }
  return seen.size === 0 ? null : { ...NOTHING, format: "cpuid-raw", cpuid: [...seen.values()] };
}

/** VBox.log: `HM: MSR_IA32_VMX_PINBASED_CTLS = 0x7f00000016`. Names that differ from the manual's are translated. */
export function parseVirtualBoxLog(text: string): Dump | null {
  const msrs = new Map<number, bigint>();
  const lines = text.split("\n").filter((line) => line.includes("HM:"));
  const register = /MSR_(\w{1,60})\s{0,60}=\s{0,8}(0x[0-9a-f]{1,16})/i;
  for (const [, name = "", value = ""] of lines.flatMap((line) => [register.exec(line) ?? []])) {
    if (name === "") continue;
    const address = addressOf(name.replace(/_INFO$/, ""));
    if (address !== null) msrs.set(address, BigInt(value));
  }
  return msrs.size === 0 ? null : { ...NOTHING, format: "virtualbox-log", msrs };
}

function addressOf(name: string): number | null {
  const known = MSR_NAMES.find((candidate) => candidate === name.toUpperCase());
  return known === undefined ? null : msrAddress(known);
}

const ADDRESS_AND_VALUE =
  /^\s*(?:rdmsr\s+|msr[\s:[]*)?(?:\w+\s*\(\s*)?(?:0x)?([0-9a-f]{3,8})\s*[\])]*\s*[:=]?\s+(?:=\s*)?(?:0x)?([0-9a-f_]{1,19})\s*$/i;
const NAME_AND_VALUE = /^\s*(IA32_\w+|MSR_\w+)\s*(?:\(\s*0x[0-9a-f]+\s*\))?\s*[:=]\s*(?:0x)?([0-9a-f]{1,16})\s*$/i;
const COMMAND = /(?:^|\s)rdmsr\s+(?:-\S+\s+)*(?:0x)?([0-9a-f]{3,8})\s*$/i;

/** Lists of MSRs: `0x480: 0xda040000000004`, `IA32_VMX_BASIC = …`, or the command and its answer on two lines. */
export function parseRdmsr(text: string): Dump | null {
  const msrs = new Map<number, bigint>();
  let asked: number | null = null;
  for (const line of text.split("\n")) {
    const [address, value] = registerIn(line, asked);
    if (address !== null && value !== null) msrs.set(address, value);
    const command = COMMAND.exec(line);
    asked = command === null ? null : Number.parseInt(command[1]!, 16);
  }
  return msrs.size === 0 ? null : { ...NOTHING, format: "rdmsr", msrs };
}

function registerIn(line: string, asked: number | null): [number | null, bigint | null] {
  const value = (digits: string) => BigInt(`0x${digits.replaceAll("_", "")}`);
  const named = NAME_AND_VALUE.exec(line);
  const known = named === null ? null : addressOf(named[1]!);
  if (known !== null) return [known, value(named![2]!)];
  const numbered = ADDRESS_AND_VALUE.exec(line);
  if (numbered !== null) return [Number.parseInt(numbered[1]!, 16), value(numbered[2]!)];
  const alone = /^\s*(?:0x)?([0-9a-f]{1,16})\s*$/i.exec(line);
  return asked !== null && alone !== null ? [asked, value(alone[1]!)] : [null, null];
}
