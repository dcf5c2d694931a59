import type { Quirk } from "@hvdiff/personality";
import { alignRuns, OUTCOME_VERDICT, toRow } from "../differences.ts";
import { quirksWithout } from "../pair-ablation.ts";
import { quirkResult } from "../quirk-results.ts";
import type { ResolvedColumn } from "../resolved-column.ts";
import type { Finding } from "../results.ts";
import type { Run } from "../run.ts";
import type { Session } from "../session.ts";
import { endOfRun, type Property } from "./property.ts";

interface Explained {
  /** Runs with the default schedule. */
  readonly session: Session;
  /** Runs with the schedule that was found. */
  readonly scheduled: Session;
  readonly column: ResolvedColumn;
  readonly property: Property;
}

/** What the schedule does to the guest, compared with metal, and which quirks it needs for that. */
export function explain({
  session,
  scheduled,
  column,
  property,
}: Explained): Pick<Finding, "differences" | "firstDivergence" | "causes"> {
  const metal = session.run(session.column("metal"));
  const here = scheduled.run(column);
  const holds = (removed: readonly Quirk[]) =>
    property.holds(endOfRun(scheduled.run(column, quirksWithout(column.quirks, removed))));
  return {
    differences: differencesOf(metal, here),
    firstDivergence: divergenceOf(session, scheduled.isScheduled ? session.run(column) : metal, here),
    causes: necessary(column.quirks, holds).map(quirkResult),
  };
}

function differencesOf(metal: Run, here: Run): Finding["differences"] {
  const there = endOfRun(metal);
  const end = endOfRun(here);
  const ids = [...new Set([...there.values.keys(), ...end.values.keys()])];
  const verdicts = ids
    .map((verdict) => ({ verdict, metal: there.values.get(verdict) ?? null, here: end.values.get(verdict) ?? null }))
    .filter((difference) => difference.metal !== difference.here);
  const outcome =
    there.outcome === end.outcome ? [] : [{ verdict: OUTCOME_VERDICT, metal: there.outcome, here: end.outcome }];
  return [...verdicts, ...outcome];
}

/** Where the runs part: what each does next, on the processor that goes another way. */
function divergenceOf(session: Session, undisturbed: Run, here: Run): Finding["firstDivergence"] {
  const pair = alignRuns(session, undisturbed, here).find(({ kind }) => kind !== "same");
  if (pair === undefined) return null;
  const at = Math.max(pair.left, pair.right);
  const [left, right] = [undisturbed.events[at], here.events[at]];
  if (left === undefined || right === undefined || left.vcpu !== right.vcpu) return toRow(pair, undisturbed, here);
  return toRow({ kind: "changed", left: at, right: at }, undisturbed, here);
}

/** Every quirk without which the property holds: what the finding needs all of. Found by halves. */
function necessary(quirks: readonly Quirk[], holds: (removed: readonly Quirk[]) => boolean): readonly Quirk[] {
  if (quirks.length === 0 || !holds(quirks)) return [];
  if (quirks.length === 1) return quirks;
  const middle = quirks.length >> 1;
  return [...necessary(quirks.slice(0, middle), holds), ...necessary(quirks.slice(middle), holds)];
}
