import { accessSync, constants, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Arguments, lastValue } from "./arguments.ts";
import { CommandError, systemReason } from "./command-error.ts";
import type { Environment } from "./environment.ts";
import { COLOURED, type Palette, PLAIN, wantsColour } from "./text/palette.ts";

/** Line length where there is no terminal to ask. */
const FILE_WIDTH = 100;
const LEAST_WIDTH = 40;

/** Where a command's result goes, and how it may look there. */
export interface Output {
  readonly palette: Palette;
  readonly width: number;
  /** Called once, with everything. */
  write(text: string): void;
}

function widthFor(environment: Environment): number {
  const { COLUMNS } = environment.variables;
  const asked = Number(COLUMNS);
  const width = environment.terminalWidth ?? (Number.isInteger(asked) && asked > 0 ? asked : FILE_WIDTH);
  return Math.max(LEAST_WIDTH, width);
}

function failed(path: string, error: unknown): Error {
  const reason = systemReason(error);
  return reason === null ? (error as Error) : new CommandError(`cannot write ${path}: ${reason}`);
}

/** The file itself behind symbolic links; the path as given where nothing is there yet. */
function targetOf(path: string): { readonly target: string; readonly special: boolean } {
  try {
    const target = realpathSync(path);
    const status = statSync(target);
    if (status.isDirectory()) throw new CommandError(`cannot write ${path}: is a directory`);
    accessSync(target, constants.W_OK);
    return { target, special: !status.isFile() };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw failed(path, error);
    return { target: path, special: false };
  }
}

function writeWhole(path: string, text: string): void {
  const { target, special } = targetOf(path);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  try {
    // A device or pipe cannot be replaced by renaming, and must not be.
    if (special) writeFileSync(target, text);
    else {
      writeFileSync(temporary, text, { flag: "wx" });
      renameSync(temporary, target);
    }
  } catch (error) {
    rmSync(temporary, { force: true });
    throw failed(path, error);
  }
}

/** Checks an `--output` path before any work is done, so that an hour's run is not lost to a typing error. */
function checkWritable(path: string): void {
  const { target, special } = targetOf(path);
  if (special) return;
  try {
    if (!statSync(dirname(target)).isDirectory()) throw new CommandError(`cannot write ${path}: its folder is a file`);
    accessSync(dirname(target), constants.W_OK);
  } catch (error) {
    throw failed(path, error);
  }
}

/** The place for a command's result: `--output FILE`, or stdout. */
export function outputFor(given: Arguments, environment: Environment): Output {
  const path = lastValue(given, "output");
  if (path === undefined) {
    const colour = wantsColour(environment.variables, environment.terminalWidth !== null);
    return { palette: colour ? COLOURED : PLAIN, width: widthFor(environment), write: environment.stdout };
  }
  checkWritable(path);
  return { palette: PLAIN, width: FILE_WIDTH, write: (text) => writeWhole(path, text) };
}
