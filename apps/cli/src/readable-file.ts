import { readFileSync, statSync } from "node:fs";
import { CommandError, systemReason } from "./command-error.ts";

/** No file of use is larger, and reading one would only exhaust memory. */
const LARGEST_FILE = 512 * 1024 * 1024;

/** Reads a file that the user names. Errors: `CommandError` with the reason, for folders and devices too. */
export function readUserFile(path: string, what: string): Uint8Array {
  try {
    const status = statSync(path);
    if (status.isDirectory()) throw new CommandError(`${path}: is a directory, not ${what}`);
    if (!status.isFile() && !status.isFIFO()) throw new CommandError(`${path}: is a device, not ${what}`);
    if (status.size > LARGEST_FILE)
      throw new CommandError(`${path}: is ${status.size} bytes long; ${what} has at most ${LARGEST_FILE}`);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    const reason = systemReason(error);
    throw reason === null ? error : new CommandError(`${path}: ${reason}`);
  }
}

/** Whether something is there under this path. */
export function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}
