import type { CopyStep, ExitCopiesResult } from "@hvdiff/lab";
import { renderTable } from "../text/table.ts";
import type { Look } from "./look.ts";

function cellsOf(step: CopyStep, { palette }: Look) {
  const level = { text: `level ${step.level}`, style: palette.faint };
  if (step.kind === "exit") return [level, { text: step.reason, style: palette.strong }, { text: "" }, { text: "" }];
  const { from, to, fields, why, deckCounts } = step;
  const counted = { text: deckCounts ? "counted" : "", style: palette.name };
  return [level, { text: `  ${from} to ${to}: ${fields} (${why})` }, counted];
}

/** Every exit and copy on the way of one exit of a guest up to its hypervisor. */
export function copiesTable(result: ExitCopiesResult, look: Look): string {
  const rows = result.steps.map((step) => ({ cells: cellsOf(step, look) }));
  const { copiesAll, copiesDeck, accessExits, exit } = result;
  return [
    ...renderTable(rows, { width: look.width, indent: 0 }),
    "",
    `${copiesAll} copies for the guest's exit number ${exit}; ${copiesDeck} of them are such as the talk of KVM Forum 2018 counts. Besides ${accessExits} exits of single VMREADs and VMWRITEs.`,
    "",
  ].join("\n");
}
