import { basename } from "node:path";
import type { Guest, Lab } from "@hvdiff/lab";
import { CommandError } from "./command-error.ts";
import { nearest, nearestText } from "./nearest.ts";
import { exists, readUserFile } from "./readable-file.ts";

/** The image at a path. */
export function imageAt(path: string): Guest {
  const image = readUserFile(path, "a guest image");
  if (image.length === 0) throw new CommandError(`${path}: is empty`);
  return { name: basename(path), path, image };
}

/** A bundled scenario's id, or else the path of an image. `./name` is always a path. */
export function guestOf(argument: string | undefined, lab: Lab): Guest {
  if (argument === undefined)
    throw new CommandError("no guest is named: give a bundled scenario or the path of an image");
  if (argument === "") throw new CommandError("the guest's name is empty");
  const ids = lab.scenarios().map((scenario) => scenario.id);
  if (ids.includes(argument)) return { scenario: argument };
  if (/[/\\.]/.test(argument) || exists(argument)) return imageAt(argument);
  const near = nearest(argument, ids);
  const hint = near.length > 0 ? nearestText(near) : "; `hvdiff scenarios` lists the bundled ones";
  throw new CommandError(`${argument}: neither a bundled scenario nor a file${hint}`);
}
