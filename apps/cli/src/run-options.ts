import type { RunOptions } from "@hvdiff/lab";
import { type Arguments, lastValue } from "./arguments.ts";
import { CommandError } from "./command-error.ts";
import { parseInstructions, parseMemory } from "./quantities.ts";

function quirksOf(given: Arguments): string[] {
  return (given.values.get("quirk") ?? []).map((text) => {
    // A Unicode minus or dash is what people paste from documents.
    const switched = text.replace(/^[\u2212\u2013]/, "-");
    if (!/^[+-]./.test(switched))
      throw new CommandError(`--quirk: ${JSON.stringify(text)} must start with + (on) or - (off)`);
    return switched;
  });
}

/** The lab's options from the command line; what the user did not say is left to the lab's defaults. */
export function runOptionsOf(given: Arguments): RunOptions {
  const cpu = lastValue(given, "cpu");
  const firmware = lastValue(given, "firmware");
  const memory = lastValue(given, "memory");
  const commandLine = lastValue(given, "append");
  const maxInstructions = lastValue(given, "max-instructions");
  const quirks = quirksOf(given);
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(firmware === undefined ? {} : { firmware: firmware as NonNullable<RunOptions["firmware"]> }),
    ...(memory === undefined ? {} : { memory: parseMemory(memory) }),
    ...(commandLine === undefined ? {} : { commandLine }),
    ...(maxInstructions === undefined ? {} : { maxInstructions: parseInstructions(maxInstructions) }),
    ...(quirks.length === 0 ? {} : { quirks }),
  };
}
