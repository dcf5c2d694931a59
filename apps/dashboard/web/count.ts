import { format } from "d3";

const grouped = format(",");

/** `1 event`, `1,234 events`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(number)} ${number === 1 ? noun : plural}`;
}
