import type { Cause, Confidence, QuirkResult } from "@hvdiff/lab";
import type { Palette } from "../text/palette.ts";
import { hanging, padTo, widthOf } from "../text/wrap.ts";

/** The word that marks a difference no quirk explains, readable without colour. */
export const UNATTRIBUTED = "UNATTRIBUTED";

/** What each confidence says, for people. */
export const CONFIDENCE_MEANING: Readonly<Record<Confidence, string>> = {
  captured: "captured from the real product",
  source: "read in the product's source",
  documented: "documented by its vendor",
  reported: "reported by third parties",
  inferred: "inferred by us from other evidence",
  assumed: "assumed by us; no evidence yet",
};

const CERTAIN: ReadonlySet<Confidence> = new Set(["captured", "source", "documented"]);

/** The last word on a result: whether anything in it is unexplained. */
export function attributionLine(unattributed: number, palette: Palette): string {
  return unattributed === 0
    ? palette.same("✓ every cause is known")
    : palette.alarm(`≠ ${unattributed} ${UNATTRIBUTED}`);
}

/** Coloured by how far it can be trusted. */
export function confidenceStyle(confidence: Confidence | null, palette: Palette): (text: string) => string {
  return confidence === null || CERTAIN.has(confidence) ? palette.faint : palette.caution;
}

/** ` (assumed)` where it is less than certain; nothing where it is as certain as such things get. */
export function confidenceMark(confidence: Confidence): string {
  return CERTAIN.has(confidence) ? "" : ` (${confidence})`;
}

/** What a cause without a mark means; printed wherever marks are. */
export const UNMARKED =
  "Unmarked causes are captured, documented or read in the product's source; `hvdiff explain ID` says where.";

/** `id (confidence)`, joined with `+` where only several quirks together explain it. */
export function causeText(cause: Cause): string {
  if (cause.kind === "unattributed") return `${UNATTRIBUTED}: ${cause.reason}`;
  return cause.quirks.map((quirk) => quirk.id + confidenceMark(quirk.confidence)).join(" + ");
}

/** The same with colour. */
export function styledCause(text: string, cause: Cause, palette: Palette): string {
  return cause.kind === "unattributed" ? palette.alarm(text) : palette.name(text);
}

/** Quirks by id in the order in which they were first named. */
export function collectQuirks(causes: Iterable<Cause | null | undefined>): QuirkResult[] {
  const found = new Map<string, QuirkResult>();
  for (const cause of causes) {
    if (cause?.kind !== "quirks") continue;
    for (const quirk of cause.quirks) if (!found.has(quirk.id)) found.set(quirk.id, quirk);
  }
  return [...found.values()];
}

/** The releases a quirk is in: `4.20 … 6.8`, `since ≤5.10`, `all versions`. */
export function rangeText(quirk: Pick<QuirkResult, "since" | "until">): string {
  if (quirk.since === undefined && quirk.until === undefined) return "all versions";
  if (quirk.until === undefined) return `since ${quirk.since}`;
  return quirk.since === undefined ? `before ${quirk.until}` : `since ${quirk.since}, before ${quirk.until}`;
}

/** Each quirk once: what it is, how sure we are, and one place where that can be checked. */
export function quirkLegend(quirks: readonly QuirkResult[], palette: Palette, width: number): string[] {
  if (quirks.length === 0) return [];
  const lines = quirks.flatMap((quirk) => {
    const [first, ...more] = quirk.evidence;
    const rest = more.length === 0 ? "" : ` (+${more.length})`;
    const place =
      first?.url === undefined
        ? hanging("      ", (first?.text ?? "no evidence") + rest, width)
        : [`      ${first.url}${rest}`];
    return [
      `  ${palette.name(quirk.id)}  ${confidenceStyle(quirk.confidence, palette)(quirk.confidence)}`,
      ...hanging("      ", quirk.summary, width),
      ...place.map(palette.faint),
    ];
  });
  return [palette.strong("CAUSES"), ...lines];
}

/** A citation; its address goes on a line of its own where both do not fit, and is never broken. */
export function evidenceLines(
  evidence: QuirkResult["evidence"][number],
  indent: string,
  palette: Palette,
  width: number,
): string[] {
  const first = `${indent}${padTo(evidence.kind, 8)}  `;
  const lines = hanging(first, evidence.text, width).map((line) => palette.faint(line));
  if (evidence.url !== undefined && evidence.url !== evidence.text)
    lines.push(palette.faint(" ".repeat(widthOf(first)) + evidence.url));
  return lines;
}
