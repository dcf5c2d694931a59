import type { RunOptions } from "@hvdiff/lab";
import { ApiError } from "../../questions/api-error.ts";
import type { GuestRef } from "../../questions/lab-request.ts";
import { isName } from "../../questions/names.ts";

/** A run that was asked for: one guest on several columns. */
export interface RunRequest {
  readonly guest: GuestRef;
  /** Null: the default columns. */
  readonly columns: readonly string[] | null;
  readonly options: RunOptions;
}

type Check = (value: unknown) => boolean;

const MOST_COLUMNS = 32;
const MOST_TEXT = 1000;
const MOST_INSTRUCTIONS = 200_000_000;

const isText: Check = (value) => typeof value === "string" && value.length <= MOST_TEXT;
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isOneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const isTextList: Check = (value) => Array.isArray(value) && value.length <= 100 && value.every(isText);

const BOOT_CHECKS: Readonly<Record<string, Check>> = {
  protocol: isOneOf("multiboot", "multiboot2", "pvh", "linux", "flat"),
  entry: isCount,
  loadAddress: isCount,
  mode: isOneOf(16, 32, 64),
};

const OPTION_CHECKS: Readonly<Record<string, Check>> = {
  cpu: isText,
  firmware: isOneOf("none", "seabios", "ovmf"),
  memory: isCount,
  commandLine: isText,
  processors: isCount,
  maxInstructions: (value) => isCount(value) && (value as number) <= MOST_INSTRUCTIONS,
  schedule: isText,
  quirks: isTextList,
  boot: (value) => isRecord(value) && wrongKey(value, BOOT_CHECKS) === null,
};

/** What a body asks for. Errors: `ApiError` 400 that names the member. */
export function runRequestOf(body: unknown): RunRequest {
  if (!isRecord(body)) throw new ApiError(400, "the body must be a JSON object with “guest”");
  const unknown = Object.keys(body).find((key) => !["guest", "columns", "options"].includes(key));
  if (unknown !== undefined) throw new ApiError(400, `“${unknown.slice(0, 40)}” is not a member of a run`);
  return { guest: guestOf(body["guest"]), columns: columnsOf(body["columns"]), options: optionsOf(body["options"]) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function guestOf(guest: unknown): GuestRef {
  if (isRecord(guest) && isText(guest["scenario"])) return { scenario: String(guest["scenario"]) };
  if (isRecord(guest) && typeof guest["artefact"] === "string" && isName(guest["artefact"])) {
    const name = guest["name"] ?? "guest";
    if (isText(name)) return { artefact: guest["artefact"], name: cleanName(String(name)) };
  }
  throw new ApiError(400, "“guest” must be { scenario } or { artefact, name } with the SHA-256 of an upload");
}

/** A name for people, without what could disturb a terminal or a page. */
export function cleanName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? "";
  return last.replaceAll(/[^\w .+@()-]/g, "_").slice(0, 80) || "guest";
}

function columnsOf(columns: unknown): readonly string[] | null {
  if (columns === undefined || columns === null) return null;
  if (!isTextList(columns) || (columns as string[]).length === 0)
    throw new ApiError(400, "“columns” must be a list of columns");
  const list = [...new Set(columns as string[])];
  if (list.length > MOST_COLUMNS) throw new ApiError(400, `at most ${MOST_COLUMNS} columns, not ${list.length}`);
  return list;
}

function optionsOf(options: unknown): RunOptions {
  if (options === undefined) return {};
  if (!isRecord(options)) throw new ApiError(400, "“options” must be an object");
  const wrong = wrongKey(options, OPTION_CHECKS);
  if (wrong !== null) throw new ApiError(400, `“options.${wrong.slice(0, 40)}” is not an option, or not its value`);
  return options as RunOptions;
}

function wrongKey(value: Record<string, unknown>, checks: Readonly<Record<string, Check>>): string | null {
  const wrong = Object.entries(value).find(
    ([key, member]) => !Object.hasOwn(checks, key) || checks[key]?.(member) !== true,
  );
  return wrong?.[0] ?? null;
}
