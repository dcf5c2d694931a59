import type { GuestModule } from "@hvdiff/lab";
import { CommandError } from "./command-error.ts";
import { exists, readUserFile } from "./readable-file.ts";

/** Splits at commas; two commas are one that belongs to the name, as in QEMU. */
function splitList(text: string): string[] {
  return text
    .split(/,(?!,)(?<!,,)/)
    .map((part) => part.replaceAll(",,", ","))
    .map((part) => part.trim());
}

/** `--initrd file,file arguments`: each file, with its name and arguments as the guest is told them. */
export function modulesOf(text: string): GuestModule[] {
  return splitList(text).map((commandLine) => {
    const path = exists(commandLine) ? commandLine : (commandLine.split(" ")[0] ?? "");
    if (path === "") throw new CommandError(`--initrd: a file name is missing in ${JSON.stringify(text)}`);
    return { commandLine, data: readUserFile(path, "a module") };
  });
}
