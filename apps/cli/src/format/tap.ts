import { visible } from "../text/wrap.ts";
import type { TestPoint } from "./test-points.ts";

/** A description must not open a directive. */
function description(text: string): string {
  return visible(text).replaceAll(/[\\#]/g, "\\$&");
}

/** A block that YAML reads as it is: JSON's strings are YAML's. */
function yaml(point: TestPoint): string[] {
  const entries = Object.entries({ value: point.value, ...point.details });
  return ["  ---", ...entries.map(([name, text]) => `  ${JSON.stringify(name)}: ${JSON.stringify(text)}`), "  ..."];
}

function pointLines(point: TestPoint, number: number, withColumn: boolean): string[] {
  const name = description(withColumn ? `${point.column}: ${point.name}` : point.name);
  if (point.result === "ok") return [`ok ${number} - ${name}`];
  if (point.result === "skipped") return [`ok ${number} - ${name} # SKIP`];
  if (point.result === "expected failure") return [`not ok ${number} - ${name} # TODO expected failure`];
  return [`not ok ${number} - ${name}`, ...yaml(point)];
}

/** Version 13 of the Test Anything Protocol. */
export function toTap(points: readonly TestPoint[], comments: readonly string[]): string {
  const withColumn = new Set(points.map(({ column }) => column)).size > 1;
  const lines = [
    "TAP version 13",
    ...comments.map((comment) => `# ${visible(comment)}`),
    `1..${points.length}`,
    ...points.flatMap((point, index) => pointLines(point, index + 1, withColumn)),
  ];
  return `${lines.join("\n")}\n`;
}
