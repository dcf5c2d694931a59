import * as C from "./controls.ts";
import { F } from "./fields.ts";
import type { MergeContext } from "./merge-context.ts";

type Levels = Pick<MergeContext, "v01" | "v12" | "v02">;

const MULTIPLIER_FRACTION = 48n;

/** L2's counter: what L1 sees, scaled and offset as L1 says (SDM 3C "Time-Stamp Counter Offsetting and Scaling"). */
export function mergeTsc(m: Levels): void {
  const primary = m.v12.lo(F.primaryProcessorBasedControls);
  const offsetting = (primary & C.PROC_TSC_OFFSETTING) !== 0;
  const secondary = (primary & C.PROC_SECONDARY) !== 0 ? m.v12.lo(F.secondaryProcessorBasedControls) : 0;
  if (offsetting && (secondary & C.PROC2_TSC_SCALING) !== 0) scaled(m);
  else added(m, offsetting);
}

function added(m: Levels, offsetting: boolean): void {
  const low = (m.v01.lo(F.tscOffset) >>> 0) + (offsetting ? m.v12.lo(F.tscOffset) >>> 0 : 0);
  const high = m.v01.hi(F.tscOffset) + (offsetting ? m.v12.hi(F.tscOffset) : 0) + (low > 0xffffffff ? 1 : 0);
  m.v02.set(F.tscOffset, low | 0, high | 0);
}

function scaled(m: Levels): void {
  const multiplier = m.v12.read("tscMultiplier");
  const own = (BigInt.asIntN(64, m.v01.read("tscOffset")) * multiplier) >> MULTIPLIER_FRACTION;
  m.v02.write("tscMultiplier", multiplier);
  m.v02.write("tscOffset", BigInt.asUintN(64, own + m.v12.read("tscOffset")));
}
