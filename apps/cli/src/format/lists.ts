import type { Lab, QuirkResult, ScenarioResult } from "@hvdiff/lab";
import { renderTable } from "../text/table.ts";
import { hanging } from "../text/wrap.ts";
import { CONFIDENCE_MEANING, confidenceStyle, evidenceLines, rangeText } from "./causes.ts";
import { counted, groupBy } from "./diff-rows.ts";
import type { Look } from "./look.ts";

/** `hvdiff quirks`: by product, one paragraph each. */
export function quirksTable(title: string, quirks: readonly QuirkResult[], look: Look): string {
  const { palette, width } = look;
  const sections = groupBy(quirks, (quirk) => quirk.product).flatMap((group) => [
    "",
    palette.strong(group[0]!.product),
    ...group.flatMap((quirk) => {
      const facts = [rangeText(quirk), ...(quirk.optIn ? ["off unless switched on"] : [])].join(" · ");
      return [
        `  ${palette.name(quirk.id)}  ${confidenceStyle(quirk.confidence, palette)(quirk.confidence)}${palette.faint(` · ${facts}`)}`,
        ...hanging("      ", quirk.summary, width),
      ];
    }),
  ]);
  const foot =
    quirks.length === 0
      ? "No quirk: it does as the manual says."
      : "`hvdiff explain ID` shows what one touches and where that can be checked.";
  return `${[palette.strong(title) + palette.faint(`  ${counted(quirks.length, "quirk")}`), ...sections, "", palette.faint(foot)].join("\n")}\n`;
}

/** `hvdiff explain`: everything there is to know about one quirk. */
export function quirkPage(quirk: QuirkResult, look: Look): string {
  const { palette, width } = look;
  const evidence = quirk.evidence.flatMap((item) => evidenceLines(item, "  ", palette, width));
  const facts = renderTable(
    [
      ["product", quirk.product],
      ["releases", rangeText(quirk)],
      ["confidence", `${quirk.confidence}: ${CONFIDENCE_MEANING[quirk.confidence]}`],
      ["affects", quirk.affects.join(", ")],
      ["by default", quirk.optIn ? "off: switched on by hand only" : "on in the releases it is in"],
    ].map(([name, text]) => ({ cells: [{ text: name!, style: palette.faint }, { text: text! }] })),
    { width, indent: 2 },
  );
  const lines = [
    palette.strong(quirk.id),
    "",
    ...hanging("  ", quirk.summary, width),
    "",
    ...facts,
    "",
    palette.strong("EVIDENCE"),
    ...(evidence.length === 0 ? ["  none"] : evidence),
    "",
    palette.strong("TRY IT"),
    `  hvdiff diff SCENARIO --quirk ${quirk.optIn ? "+" : "-"}${quirk.id}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** `hvdiff scenarios`. */
export function scenariosTable(scenarios: readonly ScenarioResult[], look: Look): string {
  const { palette, width } = look;
  const sections = scenarios.flatMap((scenario) => {
    const needs = scenario.needs.length === 0 ? "needs nothing" : `needs ${scenario.needs.join(", ")}`;
    return [
      `${palette.name(scenario.id)}  ${palette.strong(scenario.title)}`,
      ...hanging("    ", scenario.summary, width),
      ...hanging("    ", [needs, ...scenario.tags].join(" · "), width).map(palette.faint),
      "",
    ];
  });
  return `${[...sections, palette.faint("`hvdiff diff SCENARIO` runs one on the usual columns.")].join("\n")}\n`;
}

/** `hvdiff cpus`. */
export function cpusTable(cpus: ReturnType<Lab["cpus"]>, look: Look): string {
  const { palette, width } = look;
  const lines = cpus.flatMap((cpu) => [
    `${palette.name(cpu.id)}  ${palette.strong(cpu.title)}`,
    ...hanging("    ", cpu.source, width).map(palette.faint),
  ]);
  return `${lines.join("\n")}\n`;
}
