import type { BootOptions, EngineChoice, RunOptions } from "@hvdiff/lab";
import { type Arguments, lastValue } from "./arguments.ts";
import { CommandError } from "./command-error.ts";
import type { Environment } from "./environment.ts";
import { modulesOf } from "./initrd.ts";
import { parseAddress, parseInstructions, parseMemory, parseProcessors } from "./quantities.ts";

function quirksOf(given: Arguments): string[] {
  return (given.values.get("quirk") ?? []).map((text) => {
    // A Unicode minus or dash is what people paste from documents.
    const switched = text.replace(/^[\u2212\u2013]/, "-");
    if (!/^[+-]./.test(switched))
      throw new CommandError(`--quirk: ${JSON.stringify(text)} must start with + (on) or - (off)`);
    return switched;
  });
}

/** The number of an option, from `least` on. */
export function numberOf(given: Arguments, name: string, least: number): number | undefined {
  const text = lastValue(given, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value < least) throw new CommandError(`--${name}: ${JSON.stringify(text)} is not a number from ${least}`);
  return value;
}

/** Cores that take part in a command. */
export function coresOf(given: Arguments, environment: Environment): number {
  return numberOf(given, "workers", 1) ?? environment.cores;
}

/** Leaves out what the user did not say. */
function said<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function map<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}

function bootOf(given: Arguments): BootOptions | undefined {
  const value = (name: string) => lastValue(given, name);
  const boot = said({
    protocol: value("boot") as BootOptions["protocol"],
    entry: map(value("entry"), (text) => parseAddress("entry", text)),
    loadAddress: map(value("load"), (text) => parseAddress("load", text)),
    mode: map(value("mode"), Number) as BootOptions["mode"],
  }) as BootOptions;
  const flat = boot.entry !== undefined || boot.loadAddress !== undefined || boot.mode !== undefined;
  if (flat && boot.protocol !== undefined && boot.protocol !== "flat")
    throw new CommandError(`--boot ${boot.protocol}: --entry, --load and --mode are for flat images`);
  return Object.keys(boot).length === 0 ? undefined : boot;
}

/** The lab's options from the command line; what the user did not say is left to the lab's defaults. */
export function runOptionsOf(given: Arguments): RunOptions {
  const value = (name: string) => lastValue(given, name);
  const quirks = quirksOf(given);
  return said({
    cpu: value("cpu"),
    firmware: value("firmware") as RunOptions["firmware"],
    memory: map(value("memory"), parseMemory),
    commandLine: value("append"),
    modules: map(value("initrd"), modulesOf),
    processors: map(value("smp"), parseProcessors),
    devices: given.values.get("device") as RunOptions["devices"],
    boot: bootOf(given),
    schedule: value("schedule"),
    maxInstructions: map(value("max-instructions"), parseInstructions),
    quirks: quirks.length === 0 ? undefined : quirks,
  }) as RunOptions;
}

const ENGINES: readonly string[] = ["interp", "jit", "both"] satisfies readonly EngineChoice[];

/** The engine that `--engine` or HVDIFF_ENGINE names; undefined for the default. */
export function engineOf(given: Arguments, { variables }: Environment): EngineChoice | undefined {
  const engine = lastValue(given, "engine") ?? (variables["HVDIFF_ENGINE"] || undefined);
  if (engine !== undefined && !ENGINES.includes(engine))
    throw new CommandError(`HVDIFF_ENGINE: ${JSON.stringify(engine)} is not one of ${ENGINES.join(", ")}`);
  return engine as EngineChoice | undefined;
}
