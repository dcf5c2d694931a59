import packageJson from "../package.json" with { type: "json" };
import { type Arguments, hasFlag, readArguments } from "./arguments.ts";
import { type Command, EXIT } from "./command.ts";
import { CommandError, isUserError } from "./command-error.ts";
import { COMMANDS } from "./commands/index.ts";
import type { Environment } from "./environment.ts";
import type { Look } from "./format/look.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { suggestion } from "./nearest.ts";
import { OPTIONS } from "./options.ts";
import { outputFor } from "./output.ts";
import { translateQemu } from "./qemu/translate.ts";
import { oneLine, visible } from "./text/wrap.ts";

const HELP_WIDTH = 110;

function lookOf(environment: Environment): Look {
  const { palette, width } = outputFor({ positionals: [], values: new Map() }, environment);
  return { palette, width: Math.min(width, HELP_WIDTH) };
}

function commandNamed(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = COMMANDS.map((candidate) => candidate.name);
  throw new CommandError(`no command is called ${JSON.stringify(name)}${suggestion(name, names)}`);
}

function help(topic: string | undefined, environment: Environment): number {
  const look = lookOf(environment);
  environment.stdout(topic === undefined ? generalHelp(COMMANDS, look) : commandHelp(commandNamed(topic), look));
  return EXIT.same;
}

function argumentsOf(command: Command, argv: readonly string[], environment: Environment): Arguments {
  const options = [...command.options, OPTIONS.help];
  if (command.takesQemuFlags !== true) return readArguments(argv, options, command.name);
  const translated = translateQemu(argv, options);
  const given = readArguments(translated.argv, options, command.name);
  for (const note of translated.notes) environment.stderr(`hvdiff: note: ${visible(note)}\n`);
  return given;
}

async function dispatch(argv: readonly string[], environment: Environment): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") return help(rest[0], environment);
  if (name === "--version" || name === "-V" || name === "version") {
    environment.stdout(`hvdiff ${packageJson.version}\n`);
    return EXIT.same;
  }
  if (name.startsWith("-"))
    throw new CommandError(
      `a command comes first, then options; there is no option ${name}${suggestion(name, ["--help", "--version"])}`,
    );
  const command = commandNamed(name);
  const given = argumentsOf(command, rest, environment);
  return hasFlag(given, "help") ? help(command.name, environment) : command.run(given, environment);
}

/** Runs one command line and resolves with the exit code. The user's errors become one line; ours are thrown. */
export async function runCli(argv: readonly string[], environment: Environment): Promise<number> {
  try {
    return await dispatch(argv, environment);
  } catch (error) {
    if (!isUserError(error)) throw error;
    environment.stderr(`hvdiff: ${oneLine(error.message)}\n`);
    return EXIT.trouble;
  }
}
