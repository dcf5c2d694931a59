import { closeSync, openSync, writeSync } from "node:fs";
import type { GuestConsole } from "@hvdiff/lab";
import { type Arguments, lastValue } from "./arguments.ts";
import { CommandError, systemReason } from "./command-error.ts";
import type { Environment } from "./environment.ts";

const FILE = "file:";

/** A place that takes bytes until it is closed. */
interface Sink {
  write(bytes: Uint8Array): void;
  close(): void;
}

const NOWHERE: Sink = { write: () => {}, close: () => {} };

/** Where a guest's streams go while it runs. */
export interface GuestStreams extends GuestConsole {
  close(): void;
}

function writing(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const reason = systemReason(error);
    throw reason === null ? error : new CommandError(`cannot write ${path}: ${reason}`);
  }
}

function fileSink(path: string): Sink {
  let file = -1;
  writing(path, () => {
    file = openSync(path, "w");
  });
  return {
    write: (bytes) => writing(path, () => writeSync(file, bytes)),
    close: () => closeSync(file),
  };
}

function sinkFor(option: string, place: string, environment: Environment): Sink {
  if (place === "none" || place === "null") return NOWHERE;
  if (place === "stdio") return { write: environment.stdoutNow, close: () => {} };
  if (place.startsWith(FILE) && place.length > FILE.length) return fileSink(place.slice(FILE.length));
  throw new CommandError(`--${option}: ${JSON.stringify(place)} is not one of stdio, none, file:PATH`);
}

/** The places that `--serial` and `--debugcon` name. Errors: `CommandError` for files that cannot be written. */
export function guestStreams(given: Arguments, environment: Environment, serialDefault = "stdio"): GuestStreams {
  const serial = sinkFor("serial", lastValue(given, "serial") ?? serialDefault, environment);
  const debug = sinkFor("debugcon", lastValue(given, "debugcon") ?? "none", environment);
  const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
  return {
    serial: (text) => serial.write(bytes(text)),
    debug: (text) => debug.write(bytes(text)),
    close: () => {
      serial.close();
      debug.close();
    },
  };
}
