import { CommandError } from "./command-error.ts";

const KIBI = 1024;
const SIZE_UNITS: Readonly<Record<string, number>> = { k: KIBI, m: KIBI ** 2, g: KIBI ** 3 };
const COUNT_UNITS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9 };
const MEBIBYTE = KIBI ** 2;

function parse(text: string, units: Readonly<Record<string, number>>, bare: number): number | null {
  const match = /^(\d[\d_]*)(?:([kmg])(?:i?b)?)?$/i.exec(text);
  if (match === null) return null;
  const value =
    Number(match[1]!.replaceAll("_", "")) * (match[2] === undefined ? bare : units[match[2].toLowerCase()]!);
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** `64M`, `1G`, `4096K`; a bare number is MiB, as QEMU's -m takes it. */
export function parseMemory(text: string): number {
  const bytes = parse(text, SIZE_UNITS, MEBIBYTE);
  if (bytes === null) throw new CommandError(`--memory: ${JSON.stringify(text)} is not a size; write 64M, 1G or 4096K`);
  return bytes;
}

/** `1000000`, `1_000_000`, `10M`. */
export function parseInstructions(text: string): number {
  const count = parse(text, COUNT_UNITS, 1);
  if (count === null)
    throw new CommandError(
      `--max-instructions: ${JSON.stringify(text)} is not a positive number; write 1000000 or 10M`,
    );
  return count;
}

/** A count from 1 on. */
export function parseCount(option: string, text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new CommandError(`--${option}: ${JSON.stringify(text)} is not a number from 1 on`);
  return count;
}

/** A number of logical processors. */
export function parseProcessors(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new CommandError(`--smp: ${JSON.stringify(text)} is not a number of processors`);
  return count;
}

/** A physical address: `0x7c00`, `1M`, or decimal. */
export function parseAddress(option: string, text: string): number {
  const address = /^0x[0-9a-f_]+$/i.test(text)
    ? Number(text.replaceAll("_", ""))
    : text === "0"
      ? 0
      : (parse(text, SIZE_UNITS, 1) ?? Number.NaN);
  if (!Number.isSafeInteger(address))
    throw new CommandError(`--${option}: ${JSON.stringify(text)} is not an address; write 0x7c00, 1M or 31744`);
  return address;
}

/** A TCP port; 0 takes any free one. */
export function parsePort(text: string, option = "port"): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535))
    throw new CommandError(`--${option}: ${JSON.stringify(text)} is not a port number from 0 to 65535`);
  return port;
}

/** `64 MiB`, `1 GiB`, `4096 bytes`. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ["GiB", KIBI ** 3],
    ["MiB", KIBI ** 2],
    ["KiB", KIBI],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} bytes`;
}
