import { type Processor, STATE } from "@hvdiff/cpu";
import type { Where } from "./outcome.ts";

/** Where a processor is: level, RIP and the bytes there, read through its own page tables without touching them. */
export function whereIs(c: Processor): Where {
  const rip = c.rip;
  return { level: c.s[STATE.TRACE_LEVEL]!, vcpu: c.index, rip: `0x${rip.toString(16)}`, bytes: bytesAt(c) };
}

function bytesAt(c: Processor): string {
  const s = c.s;
  const base = c.in64BitMode ? 0 : s[STATE.SEGMENTS + STATE.CS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_BASE]!;
  const low = (s[STATE.RIP]! + base) | 0;
  const high = c.in64BitMode ? s[STATE.RIP + 1]! : 0;
  const entry = c.fetchTlb + ((low >>> 12) & (STATE.TLB_ENTRIES - 1)) * STATE.TLB_ENTRY_WORDS;
  if (s[entry + 2] !== (low & ~0xfff) || s[entry + 3] !== high) return "";
  const at = s[entry + 4]! + (low & 0xfff);
  const length = Math.min(8, 4096 - (low & 0xfff));
  return [...c.bytes.subarray(at, at + length)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
