import type { QuirkResult } from "@hvdiff/lab";
import type { Arguments } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { Environment } from "../environment.ts";
import { render } from "../format/choose.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import { quirkPage } from "../format/lists.ts";
import { quirksMarkdown } from "../format/markdown.ts";
import { nearest, nearestText } from "../nearest.ts";
import { OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { SCHEMA_VERSION } from "../schema-version.ts";

/** By id, or by the end of it where that is unambiguous: `named-model-omits-xsaves`. */
function findQuirk(name: string, quirks: readonly QuirkResult[]): QuirkResult {
  const wanted = name.replace(/^[+-]/, "");
  const exact = quirks.find((quirk) => quirk.id === wanted);
  const ending = quirks.filter((quirk) => quirk.id.endsWith(`/${wanted}`));
  const found = exact ?? (ending.length === 1 ? ending[0] : undefined);
  if (found !== undefined) return found;
  const ids = quirks.map((quirk) => quirk.id);
  const lastPart = wanted.split("/").at(-1)!;
  const byName = quirks.filter((quirk) => nearest(lastPart, [quirk.id.split("/").at(-1)!]).length > 0);
  const near = [...new Set([...nearest(wanted, ids), ...byName.map((quirk) => quirk.id)])].slice(0, 3);
  const hint = near.length > 0 ? nearestText(near) : "; `hvdiff quirks` lists them";
  throw new CommandError(`no quirk is called ${JSON.stringify(name)}${hint}`);
}

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 1, "explain");
  const name = given.positionals[0];
  if (name === undefined || name === "")
    throw new CommandError("explain: no quirk is named; `hvdiff quirks` lists them");
  const output = outputFor(given, environment);
  const lab = await environment.createLab();
  const quirk = findQuirk(name, lab.quirks());
  output.write(
    render(given, {
      table: () => quirkPage(quirk, output),
      json: () => toJson({ schemaVersion: SCHEMA_VERSION, ...quirk }),
      jsonl: () => toJsonLines(SCHEMA_VERSION, [quirk]),
      md: () => quirksMarkdown(quirk.id, [quirk]),
    }),
  );
  return EXIT.same;
}

/** `hvdiff explain`. */
export const explain: Command = {
  name: "explain",
  summary: "Everything about one quirk: releases, confidence, evidence",
  usage: "QUIRK",
  options: [OPTIONS.format, OPTIONS.output],
  examples: [["hvdiff explain qemu/vmx/named-model-omits-xsaves", "by id; the last part is enough where it is unique"]],
  run,
};
