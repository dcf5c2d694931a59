import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CODE,
  decodeResults,
  EXTENDED_BYTES,
  encodeRequests,
  type NativeCase,
  type NativeResult,
  NO_EXCEPTION,
  WINDOW_BYTES,
} from "./native-case.ts";

const BATCH = 20_000;
const SOURCE = fileURLToPath(new URL("./harness.c", import.meta.url));

/** The processor under this program. */
export interface NativeOracle {
  run(cases: readonly NativeCase[]): NativeResult[];
  close(): void;
}

function runBatch(program: string, cases: readonly NativeCase[]): NativeResult[] {
  const done = spawnSync(program, { input: encodeRequests(cases), maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`the harness failed: ${done.signal ?? done.status} ${done.stderr}`);
  // A copy: slices of a Buffer would share its memory.
  return decodeResults(new Uint8Array(done.stdout), cases);
}

function runAll(program: string, cases: readonly NativeCase[]): NativeResult[] {
  const results: NativeResult[] = [];
  for (let at = 0; at < cases.length; at += BATCH) results.push(...runBatch(program, cases.slice(at, at + BATCH)));
  return results;
}

const NOP: NativeCase = {
  bytes: [0x90],
  steps: 1,
  repeats: false,
  mode32: false,
  gpr: new BigUint64Array(16),
  rflags: 0x202,
  window: new Uint8Array(WINDOW_BYTES),
  extended: new Uint8Array(EXTENDED_BYTES),
};

/** Whether the harness works at all: sandboxes exist that do not let a program step itself. */
function works(program: string): boolean {
  try {
    const [result] = runBatch(program, [NOP]);
    return result?.vector === NO_EXCEPTION && result.rip === BigInt(CODE + 1);
  } catch {
    return false;
  }
}

/** Builds the harness into a temporary directory. Undefined where there is no x86-64 Linux, no compiler or no single-stepping. */
export function buildNativeOracle(): NativeOracle | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const directory = mkdtempSync(join(tmpdir(), "hvdiff-native-"));
  const program = join(directory, "harness");
  const close = () => rmSync(directory, { recursive: true, force: true });
  const built = spawnSync("gcc", ["-O1", "-o", program, SOURCE]);
  if (built.status !== 0 || !works(program)) {
    close();
    return undefined;
  }
  return { run: (cases) => runAll(program, cases), close };
}
