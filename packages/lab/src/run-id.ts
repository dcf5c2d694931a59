import { scheduleText } from "@hvdiff/machine";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ResolvedColumn } from "./resolved-column.ts";
import type { GuestImage, RunSettings } from "./run.ts";
import { VERSION } from "./version.ts";

/** SHA-256 of bytes, in hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

const SHORT = 12;

/** A short stable hash of anything that prints as JSON. */
export function shortHash(value: unknown): string {
  return sha256Hex(utf8ToBytes(JSON.stringify(value))).slice(0, SHORT);
}

/** Identity of a run: the hash of everything that decides what it does. */
export function runId(image: GuestImage, column: ResolvedColumn, cpu: string, settings: RunSettings): string {
  return shortHash({
    hvdiff: VERSION,
    image: image.sha256,
    commandLine: settings.commandLine,
    programName: image.programName,
    modules: settings.modules.map(({ commandLine, data }) => [commandLine, sha256Hex(data)]),
    boot: settings.boot,
    devices: settings.devices,
    memory: settings.memory,
    processors: settings.processors,
    firmware: settings.firmware,
    cpu,
    column: column.spec.text,
    quirks: column.quirks.map((quirk) => quirk.id),
    schedule: scheduleText(settings.schedule),
    bounds: settings.bounds,
  });
}
