import { type CheckVmcsResult, UsageError } from "@hvdiff/lab";
import { type Arguments, listValues } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { orDefault } from "../compared-columns.ts";
import type { Environment } from "../environment.ts";
import { checkVmcsMarkdown, checkVmcsTable } from "../format/check-vmcs.ts";
import { render } from "../format/choose.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import { OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { withProgress } from "../progress.ts";
import { readUserFile } from "../readable-file.ts";
import { engineOf, runOptionsOf } from "../run-options.ts";

/** One line per VMCS and column. */
function columnLines({ schemaVersion, cpu, vmcss }: CheckVmcsResult): string {
  return toJsonLines(
    schemaVersion,
    vmcss.flatMap(({ label, columns }) => columns.map((column) => ({ cpu, label, ...column }))),
  );
}

function fileOf(given: Arguments): string {
  atMost(given, 1, "check-vmcs");
  const file = given.positionals[0];
  if (file === undefined || file === "")
    throw new CommandError("check-vmcs: no file is named; write for example `hvdiff check-vmcs dmesg.txt --on metal`");
  return file;
}

/** Puts the file's name before what is wrong in it. */
function named<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UsageError) throw new CommandError(`${file}: ${error.message}`);
    throw error;
  }
}

async function run(given: Arguments, environment: Environment): Promise<number> {
  const file = fileOf(given);
  const output = outputFor(given, environment);
  const text = new TextDecoder().decode(readUserFile(file, "a VMCS dump"));
  const options = runOptionsOf(given);
  const lab = await environment.createLab(engineOf(given, environment));
  const columns = orDefault(listValues(given, "on"), lab);
  for (const column of columns) lab.check(column, options);
  const result = await withProgress(environment, "checking", () =>
    named(file, () => lab.checkVmcs(text, columns, options)),
  );
  output.write(
    render(given, {
      table: () => checkVmcsTable(result, output),
      json: () => toJson(result),
      jsonl: () => columnLines(result),
      md: () => checkVmcsMarkdown(result),
    }),
  );
  const isRefused = result.vmcss.some((vmcs) => vmcs.columns.some((column) => column.outcome !== "enters"));
  return isRefused ? EXIT.different : EXIT.same;
}

/** `hvdiff check-vmcs`. */
export const checkVmcs: Command = {
  name: "check-vmcs",
  summary: "Which VM-entry checks a dumped VMCS fails in each column, without a guest",
  usage: "FILE [OPTIONS]",
  options: [OPTIONS.on, OPTIONS.cpu, OPTIONS.quirk, OPTIONS.format, OPTIONS.output],
  notes: [
    "FILE holds what KVM's dump_vmcs wrote to the kernel log (kvm_intel.dump_invalid_vmcs=1), one VMCS or several; or JSON: an object with a value for each field by hvdiff's name or encoding, or what this command prints with --format json.",
    "Fields that the file does not have count as 0, the VMCS link pointer as all ones. MSR lists and whatever else lies in memory are not looked at.",
    "Exit code: 0 every column enters, 1 a check fails somewhere, 2 trouble.",
  ],
  examples: [
    ["hvdiff check-vmcs dmesg.txt", "on the usual columns"],
    ["hvdiff check-vmcs vmcs.json --on metal,kvm@6.1 --cpu icelake-server", "on chosen ones, other silicon"],
  ],
  run,
};
