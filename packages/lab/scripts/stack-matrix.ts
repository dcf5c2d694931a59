/*
 * Runs bundled guests on every pair of hypervisors, and puts what they come to into the table of docs/reference/stack-matrix.md, one line for each
 * guest. Lines of other guests stay.
 *
 *   npx tsx --conditions=@hvdiff/source packages/lab/scripts/stack-matrix.ts [GUEST…]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { SCENARIOS } from "@hvdiff/guests";
import { UsageError } from "../src/api.ts";
import { configurationOf } from "../src/configuration.ts";
import { createMachine, type Run, runMachine } from "../src/run.ts";
import { guestImage, Session } from "../src/session.ts";

const PAGE = new URL("../../../docs/reference/stack-matrix.md", import.meta.url);
const HYPERVISORS = ["kvm@6.1", "virtualbox@7.0", "vmware@17", "hyperv@2022", "ideal"];
/** A run with more of the machine's choice points counts as too long: about a minute. */
const MOST_CHOICE_POINTS = 6_000_000;

/** Null where it takes too long. */
function runIn(session: Session, text: string, withQuirks = true): Run | null {
  const column = session.column(text);
  const configuration = configurationOf(column, withQuirks ? column.quirks : [], session.silicon);
  const machine = createMachine(session.image, column, configuration, session.silicon, {
    ...session.settings,
    recordTrace: false,
  });
  return machine.runChoicePoints(MOST_CHOICE_POINTS) ? runMachine(machine) : null;
}

function endOf({ outcome }: Run): string {
  return outcome.kind === "exit" ? `exit ${outcome.code}` : outcome.kind;
}

/** Verdicts that are not the other run's, and how it ended. */
function differing(one: Run, other: Run): string[] {
  const ids = new Set([...one.values.keys(), ...other.values.keys()]);
  const verdicts = [...ids].filter((id) => one.values.get(id) !== other.values.get(id));
  return endOf(one) === endOf(other) ? verdicts : [...verdicts, "(outcome)"];
}

/** A difference has a cause if it goes with all quirks of both hypervisors: then a smallest set of them is found that does it. */
function cell(session: Session, metal: Run, pair: string): string {
  const run = runIn(session, pair);
  if (run === null) return "…";
  const different = differing(metal, run);
  if (different.length === 0) return "=";
  const plain = runIn(session, pair, false);
  const left = plain === null ? different : differing(metal, plain).filter((id) => different.includes(id));
  if (left.length > 0) console.error(`${session.image.id} ${pair}: without a cause: ${left.join(", ")}`);
  return left.length > 0 ? `**${different.length}!**` : String(different.length);
}

function cellOrRefusal(session: Session, metal: Run, pair: string): string {
  try {
    return cell(session, metal, pair);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${session.image.id} ${pair}: ${error.message}`);
    return "–";
  }
}

function lineOf(guest: string): string {
  const session = new Session(guestImage({ scenario: guest }), {});
  const metal = runIn(session, "metal")!;
  const cells = HYPERVISORS.map((lower) =>
    HYPERVISORS.map((upper) => cellOrRefusal(session, metal, `${lower}//${upper}`)).join(" "),
  );
  return `| \`${guest}\` | ${cells.join(" | ")} |`;
}

/** Puts a guest's line in the place of its old one, or into the order of names. */
function putLine(page: string, guest: string, line: string): string {
  const lines = page.split("\n").filter((other) => !other.startsWith(`| \`${guest}\` |`));
  let at = lines.findIndex((other) => other.startsWith("| Guest |")) + 2;
  while (lines[at]?.startsWith("| ") && lines[at]! < line) at++;
  return lines.toSpliced(at, 0, line).join("\n");
}

const wanted = process.argv.slice(2);
const guests = SCENARIOS.filter(
  ({ processors = 1, needs }) => processors === 1 && !needs.includes("svm") && !needs.includes("npt"),
)
  .map(({ id }) => id)
  .filter((id) => wanted.length === 0 || wanted.includes(id));
for (const guest of guests) {
  const line = lineOf(guest);
  console.log(line);
  writeFileSync(PAGE, putLine(readFileSync(PAGE, "utf8"), guest, line));
}
