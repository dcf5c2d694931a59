import { groupBy } from "./diff-rows.ts";
import type { TestPoint } from "./test-points.ts";

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no way to write these
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function xml(text: string): string {
  return text
    .replaceAll(NOT_IN_XML, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`)
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character]!);
}

/** Line breaks in an attribute would be read as blanks. */
function attribute(text: string): string {
  return xml(text).replaceAll(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function failure({ value, details }: TestPoint): string {
  const lines = Object.entries(details).map(([name, text]) => `${name}: ${text}`);
  return `<failure message="${attribute(value)}">${xml(lines.join("\n"))}</failure>`;
}

function body(point: TestPoint): string {
  if (point.result === "not ok") return failure(point);
  if (point.result === "skipped") return `<skipped message="${attribute(point.value)}"/>`;
  if (point.result === "expected failure") return `<skipped message="expected failure"/>`;
  return `<system-out>${xml(point.value)}</system-out>`;
}

function suite(guest: string, points: readonly TestPoint[], output: string): string[] {
  const count = (...results: TestPoint["result"][]): number =>
    points.filter(({ result }) => results.includes(result)).length;
  const { column } = points[0]!;
  const classname = attribute(`${guest}.${column}`);
  return [
    `  <testsuite name="${attribute(`${guest} on ${column}`)}" tests="${points.length}" failures="${count("not ok")}" errors="0" skipped="${count("skipped", "expected failure")}">`,
    ...points.map(
      (point) => `    <testcase classname="${classname}" name="${attribute(point.name)}">${body(point)}</testcase>`,
    ),
    ...(output === "" ? [] : [`    <system-out>${xml(output)}</system-out>`]),
    "  </testsuite>",
  ];
}

/**
 * JUnit's XML as CI servers read it: a suite for each column. Times are left out, for there are none.
 * @param output the guest's serial output, where there is one column
 */
export function toJunit(guest: string, points: readonly TestPoint[], output = ""): string {
  const failures = points.filter(({ result }) => result === "not ok").length;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="hvdiff" tests="${points.length}" failures="${failures}">`,
    ...groupBy(points, ({ column }) => column).flatMap((group) => suite(guest, group, output)),
    "</testsuites>",
  ];
  return `${lines.join("\n")}\n`;
}
