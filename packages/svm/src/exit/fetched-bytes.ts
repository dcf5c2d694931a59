import { peekByte, peekLinear, STATE } from "@hvdiff/cpu";
import type { SvmCore } from "../core.ts";

const MAXIMUM = 15;
const CS_BASE = STATE.SEGMENTS + STATE.CS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_BASE;

/** The number of instruction bytes that could be fetched and the bytes, as the four words of the VMCB (APM 2 "Decode Assists"). */
export function fetchedBytes(core: SvmCore): readonly number[] {
  const { c, s } = core;
  const toHost = (address: number): number => (c.secondStage === null ? address : core.nested.peek(address));
  const field = new Uint8Array(16);
  const is64 = c.in64BitMode;
  const base = is64 ? 0 : s[CS_BASE]! >>> 0;
  const low = ((s[STATE.RIP]! >>> 0) + base) % 4294967296;
  let count = 0;
  while (count < MAXIMUM) {
    const address = low + count;
    const carry = address >= 4294967296 ? 1 : 0;
    const physical = peekLinear(c, address | 0, is64 ? (s[STATE.RIP + 1]! + carry) | 0 : 0, toHost);
    const host = physical < 0 ? -1 : toHost(physical);
    const byte = host < 0 ? -1 : peekByte(c.memory, host);
    if (byte < 0) break;
    count++;
    field[count] = byte;
  }
  field[0] = count;
  return [...new Int32Array(field.buffer)];
}
