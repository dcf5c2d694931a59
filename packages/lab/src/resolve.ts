import type { CpuModel } from "@hvdiff/cpu";
import { activeQuirks, ColumnError, type Confidence, columnContext, parseColumn } from "@hvdiff/personality";
import { type RunOptions, UsageError } from "./api.ts";
import { configurationOf, withoutInterface } from "./configuration.ts";
import { DEFAULT_CPU, PERSONALITIES } from "./products.ts";
import type { ResolvedColumn } from "./resolved-column.ts";
import { siliconOf } from "./silicon/silicon.ts";
import { translationOf } from "./translation.ts";

/** The silicon that `--cpu` names. Errors: `UsageError` with the nearest names. */
export function resolveCpu(options: RunOptions): CpuModel {
  return siliconOf(options.cpu ?? DEFAULT_CPU);
}

/** Between the hypervisors of a stack, the lower one first. */
export const STACKED = "//";

/** Parses a column and finds its quirks. Errors: `UsageError`. */
export function resolveColumn(text: string, silicon: CpuModel, options: RunOptions): ResolvedColumn {
  return usage(() =>
    text.includes(STACKED) ? resolveStack(text, silicon, options) : resolveOne(text, silicon, options),
  );
}

function resolveOne(text: string, silicon: CpuModel, options: RunOptions): ResolvedColumn {
  const spec = parseColumn(text, PERSONALITIES);
  const context = columnContext(spec, silicon, PERSONALITIES);
  return { text, spec, context, quirks: activeQuirks(context, PERSONALITIES, overridesOf(options)), levels: null };
}

/** For what is not there for stacks. Errors: `UsageError`. */
export function refuseStack({ levels, text }: ResolvedColumn, why: string): void {
  if (levels !== null) throw new UsageError(`column "${text}": a stack of hypervisors ${why}`);
}

/** Each hypervisor on the CPU that the one below shows. */
function resolveStack(text: string, silicon: CpuModel, options: RunOptions): ResolvedColumn {
  const levels: ResolvedColumn[] = [];
  let [ground, shown] = [silicon, silicon];
  for (const part of text.split(STACKED)) {
    const standing = resolveOne(part, ground, options);
    // One that translates needs no VMX below it; nobody says what it shows, so that is the silicon.
    const level = translationOf(standing) === null ? standing : resolveOne(part, silicon, options);
    if (level.spec.product === "metal") throw new UsageError(`column "${text}": metal is no hypervisor`);
    ground = configurationOf(level, level.quirks, level === standing ? shown : silicon).guestModel;
    shown = withoutInterface(ground);
    levels.push(level);
  }
  const top = levels.at(-1)!;
  const quirks = levels.flatMap((level) => level.quirks);
  const unique = quirks.filter((quirk, at) => quirks.indexOf(quirk) === at);
  const spec = { ...top.spec, text: levels.map((level) => level.spec.text).join(STACKED) };
  return { text, spec, context: top.context, quirks: unique, levels };
}

function overridesOf(options: RunOptions): { add: Set<string>; remove: Set<string> } {
  const add = new Set<string>();
  const remove = new Set<string>();
  for (const text of options.quirks ?? []) {
    const sign = text[0];
    if (sign !== "+" && sign !== "-") throw new UsageError(`quirk "${text}" needs a sign: +id switches on, -id off`);
    (sign === "+" ? add : remove).add(text.slice(1));
  }
  return { add, remove };
}

/** How the column's product is known; null for metal and ideal, which are hvdiff's own. */
export function basisOf(column: ResolvedColumn): Confidence | null {
  return PERSONALITIES.find((personality) => personality.product === column.spec.product)?.basis ?? null;
}

/** Turns the personalities' errors about names into the user's. */
function usage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ColumnError) throw new UsageError(error.message);
    throw error;
  }
}
