import type { Guest, RunOptions } from "@hvdiff/lab";
import { type Arguments, hasFlag, lastValue, readArguments } from "../arguments.ts";
import { CommandError, isUserError } from "../command-error.ts";
import type { Environment } from "../environment.ts";
import { gdbPortOf, runUnderGdb } from "../gdb/debug-run.ts";
import { imageAt } from "../guest-argument.ts";
import { guestStreams } from "../guest-output.ts";
import { OPTIONS, type OptionDef, RUN_OPTIONS } from "../options.ts";
import { engineOf, runOptionsOf } from "../run-options.ts";
import { oneLine } from "../text/wrap.ts";
import { qemuEnd } from "./exit-status.ts";
import { QEMU_FLAGS } from "./flags-table.ts";
import { answerTo } from "./probes.ts";
import { translateQemu } from "./translate.ts";

const NAME = "hvdiff-qemu";
const FAILED = 1;
const MIB = 0x100000;

/** What QEMU gives a machine that nobody has described, and a bound that a timeout comes before. */
const DEFAULTS: RunOptions = { cpu: "max", memory: 128 * MIB, maxInstructions: 50e9 };
const MOST_PROCESSORS = 255;

/** hvdiff's own options; where QEMU has a flag of the same name, QEMU's way of writing it holds. */
const OPTIONS_HERE: readonly OptionDef[] = [
  ...RUN_OPTIONS,
  OPTIONS.onOne,
  OPTIONS.kernel,
  OPTIONS.noReboot,
  OPTIONS.serial,
  OPTIONS.debugcon,
  OPTIONS.gdb,
  OPTIONS.stopped,
];
const OWN = OPTIONS_HERE.filter(({ name }) => !Object.hasOwn(QEMU_FLAGS, name));

function kernelAt(path: string | undefined): Guest {
  if (path === undefined) throw new CommandError("no -kernel: this PC boots images, not disks");
  try {
    return imageAt(path);
  } catch (error) {
    // Scripts look for these words to tell a missing image from a machine that cannot be.
    if (isUserError(error)) throw new CommandError(`could not load kernel: ${error.message}`);
    throw error;
  }
}

function checkProcessors(count: number): void {
  if (count > MOST_PROCESSORS)
    throw new CommandError(
      `Number of SMP CPUs requested (${count}) exceeds max CPUs supported by machine 'pc' (${MOST_PROCESSORS})`,
    );
}

async function emulate(given: Arguments, environment: Environment): Promise<number> {
  const disk = given.positionals[0];
  if (disk !== undefined) throw new CommandError(`${disk}: this PC has no disks; an image is booted with -kernel`);
  const column = lastValue(given, "on") ?? environment.variables["HVDIFF_ON"] ?? "metal";
  const restartsAfter: RunOptions["restartsAfter"] = hasFlag(given, "no-reboot") ? [] : ["reset", "triple-fault"];
  const options: RunOptions = { ...DEFAULTS, restartsAfter, ...runOptionsOf(given) };
  checkProcessors(options.processors ?? 1);
  const lab = await environment.createLab(engineOf(given, environment));
  lab.check(column, options);
  const guest = kernelAt(lastValue(given, "kernel"));
  const streams = guestStreams(given, environment);
  try {
    const port = gdbPortOf(given);
    const result =
      port === null
        ? lab.run(guest, column, options, streams)
        : await runUnderGdb(
            lab.debug(guest, column, options, streams),
            { port, stopped: hasFlag(given, "stopped") },
            environment,
          );
    // GDB's "kill" ends QEMU without complaint.
    if (result === null) return 0;
    const { status, remark } = qemuEnd(result.columns[0]!.outcome);
    if (remark !== null) warn(remark, environment);
    return status;
  } finally {
    streams.close();
  }
}

function warn(text: string, environment: Environment): void {
  environment.stderr(`${NAME}: warning: ${oneLine(text)}\n`);
}

/** Stands in for qemu-system-x86_64: QEMU's flags, its answers to scripts' questions, and its exit status. */
export async function runQemu(argv: readonly string[], environment: Environment): Promise<number> {
  try {
    const answer = answerTo(argv);
    if (answer !== null) {
      environment.stdout(answer);
      return 0;
    }
    const translated = translateQemu(argv, OWN);
    const given = readArguments(translated.argv, OPTIONS_HERE, NAME);
    for (const note of translated.notes) warn(note, environment);
    return await emulate(given, environment);
  } catch (error) {
    if (!isUserError(error)) throw error;
    environment.stderr(`${NAME}: ${oneLine(error.message)}\n`);
    return FAILED;
  }
}
