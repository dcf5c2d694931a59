import { cpus } from "node:os";
import { diffSeconds, emptySeconds, isBuilt, residentMib, versionSeconds } from "./command.ts";
import { type Marks, onMetal, underColumn, WHOLE } from "./own.ts";
import { type PeerFigure, underBochs, underQemu } from "./peers.ts";
import { schedulesPerSecond, snapshotMicroseconds } from "./schedules.ts";
import { stackFigures } from "./stacks.ts";

/*
 * pnpm bench [alu|calls|memory|strings|exits|nested|schedules|stacks|start|resident …]: how fast hvdiff is, as medians, and beside it the same images under QEMU TCG and Bochs where they
 * are installed. Not a test: figures depend on the machine and what else it does.
 */

const ROUNDS = 5;
const WORDS: Marks = { from: "begin", to: "pages" };
const PAGES: Marks = { from: "pages", to: "end" };
/** What bench-strings fills, and what it moves. */
const STRING_GIB = 1;
const NESTED_COLUMNS = ["ideal", "kvm@6.1", "virtualbox@7.0", "vmware@17"];
/** Those of SVM with nested paging. */
const NESTED_SVM_COLUMNS = ["ideal", "kvm@6.1", "vmware@17"];
/** VMCALLs of bench-vmcall, VMMCALLs of bench-vmrun. */
const EXITS = 200_000;

function median(measure: () => number): number {
  const values = Array.from({ length: ROUNDS }, measure).sort((a, b) => a - b);
  return values[ROUNDS >> 1]!;
}

function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

function print(what: string, value: string, aim: string): void {
  console.log(`${what.padEnd(46)} ${value.padStart(16)}   aim ${aim}`);
}

/** A peer's figure for the same work, and how much of it hvdiff reaches. */
function printPeer(peer: string, result: PeerFigure, work: number, unit: string, own: number): void {
  const label = `  ${peer}`;
  if ("missing" in result) console.log(`${label.padEnd(46)} ${"—".padStart(16)}   ${result.missing}`);
  else {
    const rate = work / result.seconds;
    console.log(
      `${label.padEnd(46)} ${`${figure(rate)} ${unit}`.padStart(16)}   hvdiff is ${figure(own / rate)} times as fast`,
    );
  }
}

/** Instructions a second of a stretch of an image, beside the peers. */
async function mips(what: string, image: string, aim: string, marks = WHOLE): Promise<void> {
  let instructions = 0;
  const own = median(() => {
    const stretch = onMetal(image, marks);
    instructions = stretch.instructions;
    return stretch.instructions / stretch.seconds / 1e6;
  });
  print(what, `${figure(own)} MIPS`, aim);
  await printPeers(image, marks, instructions / 1e6, "MIPS", own);
}

async function printPeers(image: string, marks: Marks, work: number, unit: string, own: number): Promise<void> {
  printPeer("QEMU TCG", await underQemu(image, marks), work, unit, own);
  printPeer("Bochs", await underBochs(image, marks), work, unit, own);
}

const alu = (): Promise<void> => mips("64-bit integer loop, paging on", "bench-alu64", "500 MIPS or more");

const calls = (): Promise<void> => mips("compiled C: calls and branches", "bench-calls", "30 MIPS or more");

async function memory(): Promise<void> {
  await mips("load and store each 8 bytes, 4 KiB pages", "bench-memory", "30 MIPS or more", WORDS);
  await mips("a new page with each access", "bench-memory", "none set", PAGES);
}

async function bandwidth(what: string, marks: Marks): Promise<void> {
  const own = median(() => STRING_GIB / onMetal("bench-strings", marks).seconds);
  print(what, `${figure(own)} GiB/s`, "1 GiB/s or more");
  await printPeers("bench-strings", marks, STRING_GIB, "GiB/s", own);
}

async function strings(): Promise<void> {
  await bandwidth("rep stosq, blocks of 1 MiB", { from: "begin", to: "moves" });
  await bandwidth("rep movsq, blocks of 1 MiB", { from: "moves", to: "end" });
}

async function exits(): Promise<void> {
  const vmx = median(() => EXITS / onMetal("bench-vmcall").seconds);
  print("VMX exits on metal (VMCALL, VMRESUME, EPT)", `${figure(vmx)} /s`, "500,000 /s or more");
  printPeer("QEMU TCG", { missing: "has no VMX" }, 0, "", 0);
  printPeer("Bochs", await underBochs("bench-vmcall"), EXITS, "/s", vmx);
  const svm = median(() => EXITS / onMetal("bench-vmrun").seconds);
  print("SVM exits on metal (VMMCALL, VMRUN, NPT)", `${figure(svm)} /s`, "500,000 /s or more");
  await printPeers("bench-vmrun", WHOLE, EXITS, "/s", svm);
}

async function nested(): Promise<void> {
  for (const column of NESTED_COLUMNS) {
    const rate = median(() => EXITS / underColumn("bench-vmcall", column).seconds);
    print(`L2 to L1 and back under ${column}`, `${figure(rate)} /s`, "200,000 /s or more");
  }
  for (const column of NESTED_SVM_COLUMNS) {
    const rate = median(() => EXITS / underColumn("bench-vmrun", column).seconds);
    print(`SVM: L2 to L1 and back under ${column}`, `${figure(rate)} /s`, "none set");
  }
}

async function stacks(): Promise<void> {
  for (const depth of [1, 2, 3]) {
    const runs = Array.from({ length: depth === 3 ? 1 : 3 }, () => stackFigures(depth));
    const fastest = Math.max(...runs.map(({ exitsPerSecond }) => exitsPerSecond));
    const { exitsPerGuestExit } = runs[0]!;
    print(
      `VM exits, ${depth} ideal on each other`,
      `${figure(fastest)} /s`,
      `${exitsPerGuestExit.toFixed(1)} for each of the guest`,
    );
  }
}

async function schedules(): Promise<void> {
  print("schedules of cr4-loop on one core", `${figure(median(schedulesPerSecond))} /s`, "2,000 /s or more on two");
  print("snapshot of a guest with 64 MiB", `${figure(median(() => snapshotMicroseconds().take))} µs`, "100 µs or less");
  print("  going back to it", `${figure(median(() => snapshotMicroseconds().restore))} µs`, "100 µs or less");
}

/** What commands took when this was written, in times of what Node takes to start: so figures of different machines compare. */
const START_REFERENCE = { version: 1.2, diff: 12 };

/** Times of starting Node; more than twice the reference is an error of the whole run. */
function start(
  what: string,
  seconds: number,
  aim: string,
  { reference, empty }: Record<"reference" | "empty", number>,
): void {
  print(what, `${figure(seconds * 1000)} ms`, aim);
  const times = seconds / empty;
  const isDoubled = times > 2 * reference;
  const verdict = isDoubled ? "MORE THAN DOUBLED" : "fine";
  print("  in times of Node doing nothing", figure(times), `${figure(reference)} when last noted: ${verdict}`);
  if (isDoubled) process.exitCode = 1;
}

async function starting(): Promise<void> {
  if (!isBuilt()) return print("start of the command", "—", "not built: run pnpm build");
  const empty = median(emptySeconds);
  print("Node doing nothing", `${figure(empty * 1000)} ms`, "none set");
  start("hvdiff --version", median(versionSeconds), "under 100 ms", { reference: START_REFERENCE.version, empty });
  const whole = median(diffSeconds);
  start("one diff of xsaves-control, four columns", whole, "under 500 ms", { reference: START_REFERENCE.diff, empty });
}

const MOST_RESIDENT_MIB = 300;

async function resident(): Promise<void> {
  if (!isBuilt()) return print("resident memory", "—", "not built: run pnpm build");
  const { one, ten } = residentMib();
  print("1 GiB guest that touches 64 MiB, resident", `${figure(one)} MiB`, `under ${MOST_RESIDENT_MIB} MiB`);
  print("  ten columns of one diff", `${figure(ten)} MiB`, `under ${MOST_RESIDENT_MIB} MiB`);
  if (Math.max(one, ten) > MOST_RESIDENT_MIB) process.exitCode = 1;
}

const BENCHMARKS: Readonly<Record<string, () => Promise<void>>> = {
  alu,
  calls,
  memory,
  strings,
  exits,
  nested,
  schedules,
  stacks,
  start: starting,
  resident,
};
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(name in BENCHMARKS));
if (unknown !== undefined) {
  console.error(`unknown benchmark "${unknown}"; there are ${Object.keys(BENCHMARKS).join(", ")}`);
  process.exit(2);
}
console.log(`Medians of ${ROUNDS}; node ${process.version}; ${cpus()[0]?.model ?? "unknown processor"}\n`);
for (const [name, run] of Object.entries(BENCHMARKS)) if (asked.length === 0 || asked.includes(name)) await run();
