import { parseArgs } from "node:util";
import { CommandError } from "./command-error.ts";
import { nearest, nearestText, suggestion } from "./nearest.ts";
import type { OptionDef } from "./options.ts";

/** What stood on the command line after the command's name. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly values: ReadonlyMap<string, readonly string[]>;
}

type Token = NonNullable<ReturnType<typeof tokenize>>[number];

/** QEMU spells long options with one dash; -append must not be read as -a -p -p …. */
function normalise(argument: string, options: readonly OptionDef[]): string {
  const [spelling, ...rest] = argument.split("=");
  const option = options.find((candidate) => candidate.aliases?.includes(spelling!));
  return option === undefined ? argument : [`--${option.name}`, ...rest].join("=");
}

function tokenize(argv: readonly string[], options: readonly OptionDef[]) {
  const config = Object.fromEntries(
    options.map((option) => [
      option.name,
      { type: option.value === undefined ? ("boolean" as const) : ("string" as const), multiple: true },
    ]),
  );
  const args = normaliseAll(argv, options);
  return parseArgs({ args, options: config, strict: false, tokens: true, allowPositionals: true }).tokens;
}

function normaliseAll(argv: readonly string[], options: readonly OptionDef[]): string[] {
  const end = argv.indexOf("--");
  return argv.map((argument, index) => (end >= 0 && index > end ? argument : normalise(argument, options)));
}

function checkValue(option: OptionDef, value: string): string {
  const choices = option.choices;
  if (choices !== undefined && !choices.includes(value)) {
    throw new CommandError(
      `--${option.name}: ${JSON.stringify(value)} is not one of ${choices.join(", ")}${nearChoice(value, choices)}`,
    );
  }
  return value;
}

function nearChoice(value: string, choices: readonly string[]): string {
  const near = nearest(value, choices);
  return near.length === 0 ? "" : nearestText(near);
}

function readOption(
  token: Token & { kind: "option" },
  options: readonly OptionDef[],
  command: string,
): [string, string] {
  const option = options.find((candidate) => candidate.name === token.name);
  if (option === undefined) {
    const spellings = options.map((candidate) => `--${candidate.name}`);
    throw new CommandError(`${command} has no option ${token.rawName}${suggestion(token.rawName, spellings)}`);
  }
  if (option.value === undefined) {
    if (token.value !== undefined) throw new CommandError(`--${option.name} takes no value`);
    return [option.name, ""];
  }
  const swallowed = token.inlineValue !== true && (token.value?.startsWith("--") ?? true);
  if (token.value === undefined || token.value === "" || swallowed) {
    if (option.name === "append" && token.value === "") return [option.name, ""];
    throw new CommandError(`--${option.name} needs a value: ${option.value}`);
  }
  return [option.name, checkValue(option, token.value)];
}

/** Reads what follows a command's name. Options may stand anywhere; `--` ends them. */
export function readArguments(argv: readonly string[], options: readonly OptionDef[], command: string): Arguments {
  const positionals: string[] = [];
  const values = new Map<string, string[]>();
  for (const token of tokenize(argv, options) ?? []) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const [name, value] = readOption(token, options, command);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return { positionals, values };
}

/** Whether a flag was given. */
export function hasFlag(given: Arguments, name: string): boolean {
  return given.values.has(name);
}

/** The last value of an option, as getopt has it. */
export function lastValue(given: Arguments, name: string): string | undefined {
  return given.values.get(name)?.at(-1);
}

/** All values of a repeatable option, split at commas. */
export function listValues(given: Arguments, name: string): string[] {
  const items = (given.values.get(name) ?? []).flatMap((value) => value.split(",")).map((item) => item.trim());
  if (items.includes("")) throw new CommandError(`--${name}: a name is missing before or after a comma`);
  return items;
}
