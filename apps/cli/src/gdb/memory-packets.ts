import type { DebugTarget } from "@hvdiff/lab";
import { bytesOfHex, hexAddress, hexNumber, hexOfBytes } from "./hex.ts";

/** Bytes of the longest packet, both ways. */
export const PACKET_SIZE = 0x4000;

const MALFORMED = "E01";
/** EFAULT: nothing is mapped there, or a device. */
const UNMAPPED = "E14";

interface Range {
  readonly address: bigint;
  readonly length: number;
}

/** `address,length` */
function rangeOf(text: string): Range | null {
  const [first, second] = text.split(",");
  const address = hexAddress(first);
  const length = hexNumber(second);
  return address === null || length === null ? null : { address, length };
}

/** `m`: what is readable from the start of the range. */
export function readMemory(target: DebugTarget, vcpu: number, text: string): string {
  const range = rangeOf(text);
  if (range === null) return MALFORMED;
  const bytes = target.read(vcpu, range.address, Math.min(range.length, PACKET_SIZE / 2));
  return bytes.length === 0 && range.length > 0 ? UNMAPPED : hexOfBytes(bytes);
}

/** The range before the colon and what stands behind it. */
function parts(text: string): { readonly range: Range | null; readonly data: string } {
  const colon = text.indexOf(":");
  return { range: colon < 0 ? null : rangeOf(text.slice(0, colon)), data: text.slice(colon + 1) };
}

function write(target: DebugTarget, vcpu: number, range: Range, data: Uint8Array | null): string {
  if (data === null || data.length !== range.length) return MALFORMED;
  return target.write(vcpu, range.address, data) ? "OK" : UNMAPPED;
}

/** `M` */
export function writeHex(target: DebugTarget, vcpu: number, text: string): string {
  const { range, data } = parts(text);
  return range === null ? MALFORMED : write(target, vcpu, range, bytesOfHex(data));
}

/** `X`: bytes as they are. */
export function writeBinary(target: DebugTarget, vcpu: number, text: string): string {
  const { range, data } = parts(text);
  return range === null ? MALFORMED : write(target, vcpu, range, Uint8Array.from(Buffer.from(data, "latin1")));
}
