import { type RunOptions, UsageError } from "@hvdiff/lab";

/** Express's parsed query: a name given twice is a list. */
export type Query = Readonly<Record<string, unknown>>;

const MOST_COLUMNS = 32;
const MOST_TEXT = 1000;

/**
 * The comma-separated values of a parameter, without repetitions. A plus sign means a space in a query string and people forget to escape it,
 * but no column or quirk has a space in its name; so it is put back.
 */
function list(query: Query, name: string): string[] {
  const given = query[name];
  const texts = (Array.isArray(given) ? given : [given]).filter((text) => typeof text === "string");
  const values = texts.flatMap((text) => text.split(",")).map((value) => value.replace(/ +$/, "").replaceAll(" ", "+"));
  return [...new Set(values.filter((value) => value !== ""))];
}

/** A parameter that is given once, as it is; null when absent or empty. */
export function textOf(query: Query, name: string): string | null {
  const given = query[name];
  if (given === undefined || given === "") return null;
  if (typeof given !== "string" || given.length > MOST_TEXT)
    throw new UsageError(`“${name}” is given once, and has at most ${MOST_TEXT} characters`);
  return given;
}

/** A count or a position; null when absent. */
export function numberOf(query: Query, name: string): number | null {
  const text = textOf(query, name);
  if (text === null) return null;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`“${name}” is a number from 0 to 999999999`);
  return Number(text);
}

/** `?on=metal,kvm@6.1`; null when absent. */
export function columnsOf(query: Query): string[] | null {
  const columns = list(query, "on");
  if (columns.length > MOST_COLUMNS) throw new UsageError(`at most ${MOST_COLUMNS} columns, not ${columns.length}`);
  return columns.length === 0 ? null : columns;
}

/** The one column a parameter names; null when absent. */
export function columnOf(query: Query, name: string): string | null {
  const [column, ...more] = list(query, name);
  if (more.length > 0) throw new UsageError(`“${name}” takes one column, not ${more.length + 1}`);
  return column ?? null;
}

/** The one column a parameter must name. */
export function requiredColumnOf(query: Query, name: string): string {
  const column = columnOf(query, name);
  if (column === null) throw new UsageError(`“${name}” is missing: the column to compare`);
  return column;
}

/** `?cpu=`, `?quirks=+id,-id` and `?schedule=`. */
export function optionsOf(query: Query): RunOptions {
  const [cpu, ...more] = list(query, "cpu");
  if (more.length > 0) throw new UsageError("“cpu” takes one model");
  const quirks = list(query, "quirks");
  const schedule = textOf(query, "schedule");
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(quirks.length === 0 ? {} : { quirks }),
    ...(schedule === null ? {} : { schedule }),
  };
}
