import { UsageError } from "../api.ts";

/** What `--cpu` says: a model, features switched on and off, and properties with a value. */
export interface CpuText {
  readonly name: string;
  readonly switches: readonly { readonly feature: string; readonly on: boolean }[];
  readonly properties: ReadonlyMap<string, string>;
}

const SWITCHED = new Map([
  ["on", true],
  ["true", true],
  ["yes", true],
  ["off", false],
  ["false", false],
  ["no", false],
]);

/** Reads `MODEL[,+feature][,-feature][,property=value]` as QEMU spells it. Errors: `UsageError`. */
export function parseCpuText(text: string): CpuText {
  const [name = "", ...parts] = text.split(",").map((part) => part.trim());
  if (name === "") throw new UsageError(`CPU "${text}" names no model`);
  const switches: { feature: string; on: boolean }[] = [];
  const properties = new Map<string, string>();
  for (const part of parts) {
    const [key = "", value] = part.split("=");
    const sign = part[0];
    if (sign === "+" || sign === "-") switches.push({ feature: part.slice(1), on: sign === "+" });
    else if (key === "") throw new UsageError(`CPU "${text}": nothing between two commas`);
    else if (value === undefined) switches.push({ feature: key, on: true });
    else if (SWITCHED.has(value.toLowerCase())) switches.push({ feature: key, on: SWITCHED.get(value.toLowerCase())! });
    else properties.set(key, value);
  }
  return { name, switches, properties };
}
