import { CommandError } from "../command-error.ts";

/** What a QEMU command line comes down to, as it is read. */
export interface QemuDraft {
  /** The same in hvdiff's own words. */
  readonly argv: string[];
  /** What is accepted although it makes no difference here, where somebody could expect one. */
  readonly notes: string[];
  /** Character devices by id, as places that `--serial` knows. */
  readonly chardevs: Map<string, string>;
  /** How many serial ports have been given a place. */
  serialPorts: number;
}

/** One flag's property list: what stands before the first `=`, if anything, and the properties. */
export interface Properties {
  readonly first: string | null;
  readonly values: ReadonlyMap<string, string>;
}

/** Reads `first,key=value,flag`; a flag alone is on, `noflag` is off. */
export function readProperties(text: string): Properties {
  const [head = "", ...rest] = text.split(",");
  const values = new Map<string, string>();
  const first = head.includes("=") ? null : head;
  for (const part of first === null ? [head, ...rest] : rest) {
    const at = part.indexOf("=");
    if (at < 0) values.set(part, "on");
    else values.set(part.slice(0, at), part.slice(at + 1));
  }
  return { first, values };
}

/** Refuses a flag: `-device virtio-net: …`. */
export function refuse(flag: string, value: string, reason: string): CommandError {
  return new CommandError(`-${flag}${value === "" ? "" : ` ${value}`}: ${reason}`);
}
