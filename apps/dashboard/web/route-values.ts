/** Parameters of a permalink, decoded. */
export type Values = ReadonlyMap<string, string>;

/** A parameter to write; null leaves it out. */
export type NamedValue = readonly [string, string | null];

export function parseValues(query: string): Values {
  const pairs = query.split("&").map((pair) => split(pair, "="));
  return new Map(pairs.flatMap(([name = "", value = ""]) => (name === "" ? [] : [[decode(name), decode(value)]])));
}

/** Values separated by commas, each once; null for none. */
export function listOf(text: string | undefined): string[] | null {
  const values = (text ?? "").split(",").filter((value) => value !== "");
  return values.length === 0 ? null : [...new Set(values)];
}

/** A count, a position or an index; null for anything else. */
export function numberOf(text: string | undefined): number | null {
  const number = Number(text || Number.NaN);
  return Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** Before and after the first separator. */
export function split(text: string, separator: string): [string, string] {
  const place = text.indexOf(separator);
  return place < 0 ? [text, ""] : [text.slice(0, place), text.slice(place + 1)];
}

/** For an address that people read: `@ / + , = :` stay as they are. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/%(40|2F|2B|2C|3D|3A)/g, decodeURIComponent);
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
