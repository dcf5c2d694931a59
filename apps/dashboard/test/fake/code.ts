import { type CodeResult, type ScenarioResult, UsageError } from "@hvdiff/lab";

const PLACES = [
  { rip: "0x10134e", bytes: "0f 32", text: "rdmsr" },
  { rip: "0x101780", bytes: "0f 79 c8", text: "vmwrite rcx, rax" },
  { rip: "0x10186d", bytes: "0f 01 c2", text: "vmlaunch" },
  { rip: "0x102a40", bytes: "48 0f c7 2f", text: "xsaves [rdi]" },
];
/** What each of the made-up steps came from. */
const BY_STEP = [0, 1, 2, 3, -1, -1];
const MOST_EVENTS = 4200;

/** Instructions of the made-up traces, as long as the two sides go in step. */
export function fakeCode({ id, title }: ScenarioResult, column: string): CodeResult {
  if (column.includes("//")) throw new UsageError(`column "${column}": a stack of hypervisors shows no instructions`);
  const events = Array.from({ length: MOST_EVENTS }, (_, step) => BY_STEP[step % BY_STEP.length] ?? -1);
  return { schemaVersion: 1, cpu: "skylake-client", guest: { id, title }, column, places: PLACES, events };
}
