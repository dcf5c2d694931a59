import { createHash } from "node:crypto";
import type { ColumnResult, DiffResult, MatrixCell, MatrixResult, ScenarioResult } from "@hvdiff/lab";

/** The matrix of one scenario, so that a page can show row after row while the next is computed. */
export function matrixRow(scenario: ScenarioResult, diff: DiffResult): MatrixResult {
  return {
    schemaVersion: diff.schemaVersion,
    hvdiff: diff.hvdiff,
    cpu: diff.cpu,
    columns: diff.columns.map(({ column, full, product, confidence }) => ({ column, full, product, confidence })),
    rows: [{ scenario, cells: diff.columns.map(matrixCell) }],
  };
}

function matrixCell(result: ColumnResult): MatrixCell {
  const { column, outcome, differences, firstDivergence, verdicts } = result;
  const causes = [...differences.map((difference) => difference.cause), firstDivergence?.cause];
  const quirks = differences.flatMap(({ cause }) => (cause.kind === "quirks" ? cause.quirks : []));
  return {
    column,
    outcome,
    verdicts: verdicts.length,
    differing: differences.length,
    unattributed: causes.filter((cause) => cause?.kind === "unattributed").length,
    quirks: [...new Set(quirks.map((quirk) => quirk.id))].sort(),
    signature: signatureOf(result),
  };
}

/** The same for columns whose guest's author sees no difference: how it ended and what it printed. */
function signatureOf({ outcome, verdicts }: ColumnResult): string {
  const end = outcome.kind === "exit" ? outcome.text : outcome.kind;
  return createHash("sha256")
    .update(JSON.stringify([end, verdicts]))
    .digest("hex")
    .slice(0, 12);
}
