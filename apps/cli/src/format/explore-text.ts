import type { ExploreResult, Finding } from "@hvdiff/lab";
import type { Output } from "../output.ts";
import type { Palette } from "../text/palette.ts";
import { visible } from "../text/wrap.ts";
import { confidenceMark, quirkLegend } from "./causes.ts";
import { counted } from "./diff-rows.ts";

function scopeOf({ bound, events, seed, exhaustive }: ExploreResult): string {
  const what = `up to ${counted(bound, "event")} of ${events.join(", ")}`;
  if (seed !== null) return `${what}, by chance (seed ${seed})`;
  return exhaustive ? `${what}, all of them` : what;
}

function countsOf({ tried, merged }: ExploreResult): string {
  return `${counted(tried, "schedule")} tried, ${merged} of them met a known state`;
}

function findingLines(finding: Finding, palette: Palette): string[] {
  const { firstDivergence: row, causes } = finding;
  return [
    `${palette.different("schedule")}   ${palette.strong(finding.schedule)}   run ${finding.runId}`,
    ...finding.differences.map(
      ({ verdict, metal, here }) =>
        `  ${verdict}: metal ${visible(metal ?? "-")}, here ${palette.different(visible(here ?? "-"))}`,
    ),
    ...(row === null
      ? []
      : [
          "  where the runs part",
          `    undisturbed: ${visible(row.left?.text ?? "nothing more")}`,
          `    here:        ${visible(row.right?.text ?? "nothing more")}`,
        ]),
    causes.length === 0
      ? `  cause: ${palette.alarm("UNATTRIBUTED")}: no single quirk is needed for it`
      : `  cause: ${causes.map((quirk) => palette.name(quirk.id) + confidenceMark(quirk.confidence)).join(" + ")}`,
  ];
}

/** What a search came to, for people. */
export function exploreText(result: ExploreResult, { palette, width }: Output): string {
  const { finding } = result;
  const lines = [
    `${palette.strong(result.guest.id)} on ${result.full}: ${scopeOf(result)}`,
    `property   ${result.property}`,
    countsOf(result),
    ...(finding === null
      ? [result.exhaustive ? palette.same("no schedule breaks it") : palette.same("none of them breaks it")]
      : [...findingLines(finding, palette), "", ...quirkLegend(finding.causes, palette, width)]),
  ];
  return `${lines.join("\n")}\n`;
}
