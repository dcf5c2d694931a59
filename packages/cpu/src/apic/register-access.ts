import type { Processor } from "../processor.ts";
import { sendCommand } from "./command.ts";
import { APIC_REGISTERS } from "./register-table.ts";
import * as R from "./registers.ts";
import { N } from "./registers.ts";

/*
 * The two ways to the registers of the local APIC: the page of xAPIC mode, and MSRs 800H-83FH of x2APIC mode.
 */

const FIRST_MSR = 0x800;
const ICR_RESERVED_LOW = 0xfff33000;

/** A load from the register page at `offset` (0-FFFH), `size` 1, 2 or 4 bytes. Registers have their bits at multiples of 16 bytes. */
export function readApicPage(c: Processor, offset: number, size: number): number {
  const register = APIC_REGISTERS.get(offset >>> 4);
  if (register === undefined || register.x2 === true) {
    c.apic.noteError(R.ERROR_REGISTER);
    return 0;
  }
  if ((offset & 15) + size > 4 || register.read === undefined) return 0;
  return (register.read(c, c.exactTime()) >>> ((offset & 3) * 8)) & (size === 4 ? -1 : (1 << (size * 8)) - 1);
}

/** A store to the register page. Only aligned 32-bit stores do something. */
export function writeApicPage(c: Processor, offset: number, size: number, value: number): void {
  const register = APIC_REGISTERS.get(offset >>> 4);
  if (register === undefined || register.x2 === true) {
    c.apic.noteError(R.ERROR_REGISTER);
    return;
  }
  if (size === 4 && (offset & 15) === 0) register.write?.(c, value, c.exactTime());
}

/** RDMSR of the x2APIC range. Undefined: #GP(0). */
export function readApicMsr(c: Processor, address: number, time: number): bigint | undefined {
  const number = address - FIRST_MSR;
  const register = APIC_REGISTERS.get(number);
  if (!c.apic.inX2Mode || register?.read === undefined || register.x2 === false) return undefined;
  const low = BigInt(register.read(c, time) >>> 0);
  return number === N.icr ? low | (BigInt(c.s[R.COMMAND_HIGH]! >>> 0) << 32n) : low;
}

/** WRMSR of the x2APIC range. False: #GP(0). */
export function writeApicMsr(c: Processor, address: number, value: bigint, time: number): boolean {
  const number = address - FIRST_MSR;
  const register = APIC_REGISTERS.get(number);
  if (!c.apic.inX2Mode || register?.write === undefined) return false;
  if (register.x2 === false || register.x2ReadOnly === true) return false;
  const low = Number(BigInt.asIntN(32, value));
  if ((low & (register.x2Reserved ?? 0)) !== 0) return false;
  if (number === N.icr) return writeLongCommand(c, low, Number(value >> 32n));
  if (value >> 32n !== 0n) return false;
  register.write(c, low, time);
  return true;
}

function writeLongCommand(c: Processor, low: number, high: number): boolean {
  c.s[R.COMMAND_LOW] = low & ~ICR_RESERVED_LOW;
  c.s[R.COMMAND_HIGH] = high | 0;
  sendCommand(c, low, high >>> 0);
  return true;
}
