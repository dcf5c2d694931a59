import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { resetSystemState } from "./reset.ts";

/**
 * RESET#: everything as after power-on (SDM 3A "Processor State After Reset"), but for the count of ticks, and with it the time-stamp counter,
 * which goes on as if firmware had taken the time.
 */
export function powerUp(c: Processor): void {
  const { s, retired } = c;
  const level = s[S.TRACE_LEVEL]!;
  s.fill(0, 0, S.TLB);
  s[S.TRACE_LEVEL] = level;
  s[S.TLB_CONTEXT] = S.TLB;
  c.retired = retired;
  c.fault = FAULT_NONE;
  c.stop = null;
  c.delivering = null;
  c.nonCanonical = false;
  c.extension?.reset?.();
  c.mmu.flushAll();
  resetSystemState(c);
  c.translationChanged();
}
