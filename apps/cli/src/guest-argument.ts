import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { Guest, Lab } from "@hvdiff/lab";
import { CommandError, systemReason } from "./command-error.ts";
import { nearest, nearestText } from "./nearest.ts";

/** No guest of use is larger, and reading one would only exhaust memory. */
const LARGEST_IMAGE = 512 * 1024 * 1024;

function readImage(path: string): Uint8Array {
  try {
    const status = statSync(path);
    if (status.isDirectory()) throw new CommandError(`${path}: is a directory, not a guest image`);
    if (!status.isFile() && !status.isFIFO()) throw new CommandError(`${path}: is a device, not a guest image`);
    if (status.size > LARGEST_IMAGE)
      throw new CommandError(`${path}: is ${status.size} bytes long; a guest image has at most ${LARGEST_IMAGE}`);
    const image = new Uint8Array(readFileSync(path));
    if (image.length === 0) throw new CommandError(`${path}: is empty`);
    return image;
  } catch (error) {
    const reason = systemReason(error);
    throw reason === null ? error : new CommandError(`${path}: ${reason}`);
  }
}

function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A bundled scenario's id, or else the path of an image. `./name` is always a path. */
export function guestOf(argument: string | undefined, lab: Lab): Guest {
  if (argument === undefined)
    throw new CommandError("no guest is named: give a bundled scenario or the path of an image");
  if (argument === "") throw new CommandError("the guest's name is empty");
  const ids = lab.scenarios().map((scenario) => scenario.id);
  if (ids.includes(argument)) return { scenario: argument };
  if (/[/\\.]/.test(argument) || exists(argument)) return { name: basename(argument), image: readImage(argument) };
  const near = nearest(argument, ids);
  const hint = near.length > 0 ? nearestText(near) : "; `hvdiff scenarios` lists the bundled ones";
  throw new CommandError(`${argument}: neither a bundled scenario nor a file${hint}`);
}
