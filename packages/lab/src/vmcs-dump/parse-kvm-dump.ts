import type { VmcsField } from "@hvdiff/spec";
import type { VmcsDump } from "./dumped-vmcs.ts";
import { type DumpSection, KVM_DUMP_LINES } from "./kvm-dump-table.ts";

const SECTIONS: Readonly<Record<string, DumpSection>> = { Guest: "guest", Host: "host", Control: "control" };
const HEADING = /\*\*\* (Guest|Host|Control) State \*\*\*/;

/** `#` becomes a number; spaces may be any number or none. */
function expression(pattern: string): RegExp {
  const escaped = pattern.replace(/[|+.*?()[\]]/g, "\\$&").replaceAll(" ", "\\s*");
  return new RegExp(`(?<![\\w-])${escaped.replaceAll("#", "(?:0x)?([0-9a-f]+)")}`);
}

const LINES = KVM_DUMP_LINES.map(([section, pattern, ...fields]) => ({
  section,
  fields,
  expression: expression(pattern),
}));

function readLine(line: string, section: DumpSection, fields: Map<VmcsField, bigint>): void {
  for (const rule of LINES) {
    const values = rule.section === section ? rule.expression.exec(line) : null;
    if (values === null) continue;
    rule.fields.forEach((field, at) => {
      fields.set(field, BigInt(`0x${values[at + 1]!}`));
    });
  }
}

/** The VMCSs that KVM has written to the kernel log (`dump_invalid_vmcs=1` or an unexpected exit), however the log's lines begin. */
export function parseKvmDump(text: string): VmcsDump[] {
  const dumps: { label: string; fields: Map<VmcsField, bigint> }[] = [];
  let section: DumpSection | null = null;
  for (const line of text.split("\n")) {
    const heading = HEADING.exec(line)?.[1];
    if (heading !== undefined) section = SECTIONS[heading]!;
    if (heading === "Guest" || (heading !== undefined && dumps.length === 0))
      dumps.push({ label: `VMCS ${dumps.length + 1}`, fields: new Map() });
    if (heading === undefined && section !== null) readLine(line, section, dumps.at(-1)!.fields);
  }
  return dumps.filter(({ fields }) => fields.size > 0);
}
