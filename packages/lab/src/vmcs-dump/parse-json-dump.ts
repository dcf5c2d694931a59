import { fieldOfEncoding, VMCS_FIELD_NAMES, type VmcsField } from "@hvdiff/spec";
import { UsageError } from "../api.ts";
import type { VmcsDump } from "./dumped-vmcs.ts";

const NAMES = new Set<string>(VMCS_FIELD_NAMES);
const NUMBER = /^(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field by hvdiff's name or by its encoding (`0x681e`). */
function fieldNamed(name: string): VmcsField {
  if (NAMES.has(name)) return name as VmcsField;
  const access = NUMBER.test(name) ? fieldOfEncoding(Number(name)) : undefined;
  if (access === undefined || access.high) throw new UsageError(`no VMCS field is called ${JSON.stringify(name)}`);
  return access.name;
}

function fieldValue(name: string, value: unknown): bigint {
  if (typeof value === "string" && NUMBER.test(value)) return BigInt(value);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new UsageError(`VMCS field ${name}: ${JSON.stringify(value)} is not a number; write "0x…"`);
}

function dumpOf(value: unknown, at: number): VmcsDump {
  const source = isObject(value) && isObject(value["fields"]) ? value["fields"] : value;
  if (!isObject(source)) throw new UsageError("a VMCS in JSON is an object with a value for each field");
  const label = isObject(value) && typeof value["label"] === "string" ? value["label"] : `VMCS ${at + 1}`;
  const fields = Object.entries(source).map(([name, field]) => [fieldNamed(name), fieldValue(name, field)] as const);
  return { label, fields: new Map(fields) };
}

/** VMCSs as JSON: one object of fields, an array of them, or what `check-vmcs --format json` prints. Errors: `UsageError`. */
export function parseJsonDump(text: string): VmcsDump[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError("the file begins like JSON but is none");
  }
  const vmcss = isObject(value) && Array.isArray(value["vmcss"]) ? value["vmcss"] : value;
  return (Array.isArray(vmcss) ? vmcss : [vmcss]).map(dumpOf);
}
