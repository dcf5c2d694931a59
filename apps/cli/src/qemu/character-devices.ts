import { type QemuDraft, readProperties, refuse } from "./draft.ts";

const PLACES = "stdio, none, null, file:PATH and chardev:ID are possible";

/** Where a stream goes, in hvdiff's words: `stdio`, `none` or `file:PATH`. */
export function placeOf(flag: string, value: string, draft: QemuDraft): string {
  if (value === "stdio" || value === "mon:stdio") return "stdio";
  if (value === "none" || value === "null") return "none";
  if (value.startsWith("file:") && value.length > "file:".length) return value;
  const known = value.startsWith("chardev:") ? draft.chardevs.get(value.slice("chardev:".length)) : undefined;
  if (known !== undefined) return known;
  throw refuse(flag, value, `no such place for output; ${PLACES}`);
}

/** `-serial`: the first is COM1, and there is no other that is written to. */
export function serial(value: string, draft: QemuDraft): void {
  draft.serialPorts++;
  const place = placeOf("serial", value, draft);
  if (draft.serialPorts === 1) draft.argv.push(`--serial=${place}`);
  else if (place !== "none") throw refuse("serial", value, "this PC has one serial port, COM1");
}

/** `-chardev`: a place with a name. */
export function chardev(value: string, draft: QemuDraft): void {
  const { first, values } = readProperties(value);
  const id = values.get("id");
  if (id === undefined) throw refuse("chardev", value, "has no id");
  const path = values.get("path");
  if (first === "file" && path !== undefined) draft.chardevs.set(id, `file:${path}`);
  else if (first === "stdio") draft.chardevs.set(id, "stdio");
  else if (first === "null") draft.chardevs.set(id, "none");
  else throw refuse("chardev", value, "only stdio, null and file,path=PATH are possible");
}

/** `-debugcon`: output of port 0xe9. */
export function debugcon(value: string, draft: QemuDraft): void {
  draft.argv.push(`--debugcon=${placeOf("debugcon", value, draft)}`);
}
