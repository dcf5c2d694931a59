import type { ExploreOptions } from "@hvdiff/lab";
import { type Arguments, lastValue, listValues } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { Environment } from "../environment.ts";
import { exploreText } from "../format/explore-text.ts";
import { toJson } from "../format/json.ts";
import { guestOf } from "../guest-argument.ts";
import { OPTIONS, RUN_OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { coresOf, engineOf, numberOf, runOptionsOf } from "../run-options.ts";
import { onThreads } from "../threads/on-threads.ts";
import { searchHelpersOn } from "../threads/search-helpers.ts";

const EVERY_MILLISECONDS = 200;

function columnOf(given: Arguments): string {
  const columns = listValues(given, "on");
  if (columns.length !== 1) throw new CommandError("explore: --on takes one column");
  return columns[0]!;
}

function optionsOf(given: Arguments): ExploreOptions {
  const bound = numberOf(given, "bound", 0);
  const seed = numberOf(given, "random", 0);
  const schedules = numberOf(given, "schedules", 1);
  const property = lastValue(given, "property");
  const events = listValues(given, "events");
  return {
    ...runOptionsOf(given),
    ...(events.length === 0 ? {} : { events }),
    ...(bound === undefined ? {} : { bound }),
    ...(seed === undefined ? {} : { seed }),
    ...(schedules === undefined ? {} : { schedules }),
    ...(property === undefined ? {} : { property }),
  };
}

/** Tells a person how far the search is, on a line of its own. */
function progressFor(environment: Environment): {
  tell(counts: { tried: number; merged: number }): void;
  clear(): void;
} {
  const watched = environment.stderrIsTerminal && (environment.variables["CI"] ?? "") === "";
  const begun = Date.now();
  let told = begun;
  return {
    tell: ({ tried, merged }) => {
      const now = Date.now();
      if (!watched || now - told < EVERY_MILLISECONDS) return;
      told = now;
      const rate = Math.round((tried * 1000) / (now - begun));
      environment.stderr(`\r\u001b[2K${tried} schedules tried, ${merged} met a known state, ${rate} a second`);
    },
    clear: () => {
      if (watched) environment.stderr("\r\u001b[2K");
    },
  };
}

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 1, "explore");
  const output = outputFor(given, environment);
  const options = optionsOf(given);
  const column = columnOf(given);
  const lab = await environment.createLab(engineOf(given, environment));
  const guest = guestOf(given.positionals[0], lab);
  const progress = progressFor(environment);
  const setting = { engine: engineOf(given, environment), options, guest };
  const result = await onThreads(environment, setting, coresOf(given, environment) - 1, (threads) =>
    lab.exploreTogether(guest, column, options, searchHelpersOn(threads, column), progress.tell),
  ).finally(progress.clear);
  output.write(lastValue(given, "format") === "json" ? toJson(result) : exploreText(result, output));
  return result.finding === null ? EXIT.same : EXIT.different;
}

/** `hvdiff explore`. */
export const explore: Command = {
  name: "explore",
  summary: "Search for the moment at which a signal or an interrupt makes a guest go wrong",
  usage: "GUEST --on COLUMN [OPTIONS]",
  options: [
    OPTIONS.onExplored,
    OPTIONS.events,
    OPTIONS.bound,
    OPTIONS.property,
    OPTIONS.random,
    OPTIONS.schedules,
    OPTIONS.workers,
    ...RUN_OPTIONS.filter(({ name }) => name !== "schedule"),
    OPTIONS.exploreFormat,
    OPTIONS.output,
  ],
  notes: [
    "Tries every schedule with up to --bound events: an event at each instruction of L1 and L2 and at each step of L0. What two schedules have in common is run once, and a run that comes to a known state is not run on. --random SEED tries schedules by chance instead, --schedules says how many.",
    "A property is `verdicts` (all verdicts and the outcome are metal's), `trace` (the guest-visible trace is metal's), `default` (verdicts and outcome are those of the column when nothing comes from outside), `lost-event` (no interrupt is accepted and taken by no processor, no injected event overwritten), or conditions such as `cr4=0x20 and rounds!=0` and, over the trace, `never exception{level=1,vector=13}`.",
    "Several cores search together; what is found and what is counted does not depend on how many. Random schedules, and a search with --schedules, are one core's work.",
    "The schedule that is found is the shortest; `hvdiff run GUEST --on COLUMN --schedule TEXT`, with the same options, replays it.",
    "Exit code: 0 no schedule within the bound breaks the property, 1 one does, 2 trouble.",
  ],
  examples: [
    ["hvdiff explore cr4-loop --on kvm@6.6", "signals, one at a time"],
    [
      "hvdiff explore cr4-loop --on kvm@6.6 --quirk +qemu/registers/runtime-put-after-signal",
      "with a VMM that writes registers back",
    ],
    ["hvdiff explore guest.elf --on metal --events irq:0x31 --bound 2", "pairs of interrupts"],
    ["hvdiff explore guest.elf --on kvm@6.6 --random 7 --schedules 500", "500 schedules by chance"],
  ],
  run,
};
