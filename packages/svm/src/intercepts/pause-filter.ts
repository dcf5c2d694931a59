import { type Op, STATUS_NEXT } from "@hvdiff/cpu";
import { VMEXIT_CODES } from "@hvdiff/spec";
import type { SvmCore } from "../core.ts";
import * as W from "../state.ts";
import { plainExit } from "./instruction-exit.ts";

/**
 * PAUSE exits when so many have come as the filter counts; with a threshold, a longer time than that since the last one starts the count
 * again (APM 2 "Pause Intercept Filtering").
 */
export function interceptPause(core: SvmCore, op: Op): number {
  const { c, s } = core;
  const now = c.blockBase + op.position;
  const threshold = s[W.PAUSE_THRESHOLD]!;
  if (threshold !== 0 && now - c.f64[W.PAUSE_AT]! > threshold) s[W.PAUSE_LEFT] = s[W.PAUSE_COUNT]!;
  c.f64[W.PAUSE_AT] = now;
  if (s[W.PAUSE_LEFT]! > 0) {
    s[W.PAUSE_LEFT]!--;
    return STATUS_NEXT;
  }
  return plainExit(core, op, VMEXIT_CODES.PAUSE.code);
}
