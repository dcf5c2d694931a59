import type { DebugRegister, DebugTarget } from "@hvdiff/lab";
import { bytesOfHex, hexOfBytes } from "./hex.ts";

function bytesOf(value: bigint, bits: number): Uint8Array {
  return Uint8Array.from({ length: bits / 8 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** A register's value as GDB has it: bytes in memory order. */
export function registerHex(target: DebugTarget, vcpu: number, register: DebugRegister): string {
  return hexOfBytes(bytesOf(register.read(target.processors[vcpu]!), register.bits));
}

/** `g` */
export function readRegisters(target: DebugTarget, vcpu: number): string {
  return target.registers.map((register) => registerHex(target, vcpu, register)).join("");
}

/** Writes one register. False where that is not possible; a value that it has already is. */
function writeRegister(target: DebugTarget, vcpu: number, register: DebugRegister, bytes: Uint8Array): boolean {
  const processor = target.processors[vcpu]!;
  const value = numberOf(bytes);
  if (bytes.length !== register.bits / 8) return false;
  if (value === register.read(processor)) return true;
  register.write?.(processor, value);
  return register.write !== undefined;
}

/** `G` */
export function writeRegisters(target: DebugTarget, vcpu: number, hex: string): boolean {
  const bytes = bytesOfHex(hex);
  let at = 0;
  return (
    bytes !== null &&
    target.registers.every((register) => {
      const own = bytes.subarray(at, at + register.bits / 8);
      at += register.bits / 8;
      return own.length === 0 || writeRegister(target, vcpu, register, own);
    })
  );
}

/** `P`: `n=value`. */
export function writeOneRegister(target: DebugTarget, vcpu: number, text: string): boolean {
  const [number, hex] = text.split("=");
  const register = target.registers[Number.parseInt(number!, 16)];
  const bytes = bytesOfHex(hex ?? "");
  return register !== undefined && bytes !== null && writeRegister(target, vcpu, register, bytes);
}
