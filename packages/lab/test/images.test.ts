import { expect, test } from "vitest";
import { createLab, type GuestConsole, type RunOptions } from "../src/index.ts";

const MIB = 0x100000;
const lab = createLab();

/** Prints a byte on COM1, then leaves with a code: the same bytes in every mode. */
const print = (letter: string, code: number): number[] => [
  0xb0,
  letter.charCodeAt(0),
  0x66,
  0xba,
  0xf8,
  0x03,
  0xee,
  0xb0,
  code,
  0xe6,
  0xf4,
  0xf4,
];

function run(image: number[], column: string, options: RunOptions = {}) {
  const said: string[] = [];
  const console: GuestConsole = { serial: (text) => said.push(text), debug: () => {} };
  const { columns } = lab.run({ name: "image", image: new Uint8Array(image) }, column, options, console);
  return { said: said.join(""), result: columns[0]! };
}

test.each([
  ["metal", 32],
  ["metal", 64],
  ["ideal", 32],
  ["ideal", 64],
] as const)("under %s a flat image in %i-bit mode tells what it prints as it prints it", (column, mode) => {
  const { said, result } = run(print("A", 3), column, { boot: { entry: MIB, mode } });
  expect(said).toBe("A");
  expect(result).toMatchObject({ serial: "A", outcome: { kind: "exit", text: "exit 3" } });
});

test.each(["metal", "ideal"])("under %s a flat image in real mode leaves through the exit port", (column) => {
  const { result } = run([0xb0, 9, 0xe6, 0xf4, 0xf4], column, { boot: { entry: 0x7c00, mode: 16 } });
  expect(result.outcome.text).toBe("exit 9");
});

/** mov rax, 4 GiB; mov byte [rax], 7; mov al, [rax]; out 0xf4, al */
const TOUCH_4_GIB = [0x48, 0xb8, 0, 0, 0, 0, 1, 0, 0, 0, 0xc6, 0, 7, 0x8a, 0, 0xe6, 0xf4, 0xf4];

test.each(["metal", "ideal"])("under %s memory above 4 GiB is mapped where page tables reach it", (column) => {
  // The loader maps 4 GiB; one more entry of the page-directory-pointer table makes it five: mov [0xa020], 0x100000083.
  const map = [0x48, 0xb8, 0x83, 0, 0, 0, 1, 0, 0, 0, 0x0f, 0x20, 0xdb, 0x48, 0x89, 0x83, 0x20, 0x10, 0, 0];
  const options: RunOptions = { memory: 4096 * MIB, boot: { entry: MIB, mode: 64 }, cpu: "icelake-server" };
  expect(run([...map, ...TOUCH_4_GIB], column, options).result.outcome.text).toBe("exit 7");
});

test("metal and ideal see the same events in an image of any mode", () => {
  for (const mode of [16, 32, 64] as const) {
    const image = new Uint8Array([0x0f, 0x01, 0x06, 0x00, 0x09, 0x0f, 0xa2, 0xb0, 1, 0xe6, 0xf4, 0xf4]);
    const result = lab.diff({ name: "image", image }, ["metal", "ideal"], { boot: { entry: 0x7c00, mode } });
    expect([mode, result.different, result.columns[0]!.outcome.text]).toEqual([mode, false, "exit 1"]);
  }
});

test.each([
  [{ memory: MIB }, "memory of 1048576 bytes: must be a multiple of 1 MiB from 4 to 32768 MiB"],
  [{ processors: 0 }, "0 processors: must be a number from 1 to 255"],
  [{ cpu: "via-nano" }, 'unknown CPU "via-nano"'],
])("%j: one clear line", (options, message) => {
  expect(() => run([0xf4], "metal", { ...options, boot: { entry: MIB } })).toThrow(message);
});

/** x2APIC mode on, then INIT, start-up IPIs and an NMI to all others, each time waiting for them to have counted. */
const START_OTHERS = (others: number): number[] => [
  ...[0x66, 0xb9, 0x1b, 0, 0, 0, 0x0f, 0x32, 0x66, 0x0d, 0, 0x0c, 0, 0, 0x0f, 0x30],
  ...[0x66, 0xb9, 0x30, 8, 0, 0, 0x66, 0x31, 0xd2, 0x66, 0xb8, 0, 0x45, 0x0c, 0, 0x0f, 0x30],
  ...[0x66, 0xb8, 8, 0x46, 0x0c, 0, 0x0f, 0x30, 0x0f, 0x30, 0xa1, 0, 5, 0x3d, others, 0, 0x75, 0xf8],
  ...[0x66, 0xb8, 0, 0x44, 0x0c, 0, 0x0f, 0x30, 0xa1, 2, 5, 0x3d, others, 0, 0x75, 0xf8],
  ...[0xb0, 7, 0xe6, 0xf4, 0xf4],
];
/** At 0x8000: counts itself, halts with interrupts off, and counts NMIs. */
const OTHER = [
  ...[0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xd0, 0xbc, 0, 0x70, 0xc7, 6, 8, 0, 0x20, 0x80, 0xc7, 6, 10, 0, 0, 0],
  ...[0xf0, 0xff, 6, 0, 5, 0xf4, 0xeb, 0xfd, 0, 0, 0, 0xf0, 0xff, 6, 2, 5, 0xcf],
];

test.each([
  ["skylake-client", 2],
  ["skylake-client", 3],
  ["zen2", 3],
])("on %s metal and ideal see the same events of %i processors", (cpu, processors) => {
  const image = new Uint8Array(0x500);
  image.set(START_OTHERS(processors - 1));
  image.set(OTHER, 0x400);
  const result = lab.diff({ name: "image", image }, ["metal", "ideal"], {
    boot: { entry: 0x7c00, mode: 16 },
    processors,
    cpu,
  });
  expect([result.different, result.columns[0]!.outcome.text]).toEqual([false, "exit 7"]);
});
