/** One document, indented, with a newline at its end. Key order is the order in which the lab made them. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** One record a line. Each line can be read alone, so each carries the schema version first. */
export function toJsonLines(schemaVersion: number, records: readonly object[]): string {
  return records.map((record) => `${JSON.stringify({ schemaVersion, ...record })}\n`).join("");
}
