import type { Random } from "../../../../test/random.ts";
import {
  type Generate,
  moveImmediate,
  oneBit,
  type PrivilegedCase,
  quad,
  SCRATCH,
  TARGET,
  toggled,
  withTarget,
} from "./case-code.ts";

const STATUS_FLAGS = 0x8d5n;
const ALL_FLAGS = 0x3f7fd7n;

const sparse = (random: Random): bigint => quad(random) & quad(random) & quad(random);
/** An address of scratch memory, sometimes unmapped or not canonical. */
function address(random: Random): bigint {
  return random.pick([SCRATCH, SCRATCH, SCRATCH + 8n, 0x7000000n, 0x800000000000n, 0xffff7fffffffffffn]);
}

const selector = (random: Random): bigint =>
  random.oneIn(4)
    ? quad(random)
    : (quad(random) & ~0xffffn) | BigInt(random.below(18) * 8 + random.pick([0, 0, 0, 1, 2, 3, 4, 7]));

const fixed =
  (code: readonly number[], definedFlags?: bigint): Generate =>
  () =>
    definedFlags === undefined ? { code } : { code, definedFlags };

/** Not PAE: QEMU lets 64-bit code clear it, and is lost. Not PKE, which the model lacks. */
const CR4_BITS = [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 16, 17, 18, 20, 21];
const CANDIDATES: readonly bigint[] = [
  0n,
  1n,
  0x2000060n,
  0x7fffffffffffn,
  0x800000000000n,
  0xffff800000000000n,
  0xffffffffffffffffn,
];

function writeMsr(random: Random, msr: number, value: bigint): PrivilegedCase {
  const high = random.word();
  return {
    // wrmsr; xor eax, eax; xor edx, edx; rdmsr
    code: [0x0f, 0x30, 0x31, 0xc0, 0x31, 0xd2, 0x0f, 0x32],
    registers: [
      (BigInt(random.word()) << 32n) | (value & 0xffffffffn),
      undefined,
      (BigInt(high) << 32n) | BigInt(msr),
      value >> 32n,
    ],
    definedFlags: 0n,
  };
}

const addressMsr = (random: Random): bigint =>
  random.pick([random.pick(CANDIDATES), BigInt.asUintN(64, BigInt.asIntN(48, quad(random))), quad(random)]);

function patValue(random: Random): bigint {
  let value = 0n;
  for (let n = 0n; n < 64n; n += 8n) value |= BigInt(random.pick([0, 1, 4, 5, 6, 7])) << n;
  return random.oneIn(2) ? value : value | sparse(random);
}

function pushAll(values: readonly bigint[]): number[] {
  return values.flatMap((value) => [...moveImmediate(0, value), 0x50]);
}

const FLAG_BITS = [0, 2, 4, 6, 7, 9, 10, 11, 12, 13, 14, 18, 19, 20, 21];
const randomFlags = (random: Random): bigint => toggled(random, 2n, FLAG_BITS) & ~0x100n;

function interruptReturn(random: Random): PrivilegedCase {
  const user = random.oneIn(2);
  const cs = random.oneIn(2) ? BigInt(random.below(18) * 8 + random.below(4)) : user ? 0x53n : 0x08n;
  const ss = random.oneIn(2) ? BigInt(random.below(18) * 8 + random.below(4)) : user ? 0x4bn : 0x10n;
  const flags = randomFlags(random);
  const frame = [ss, SCRATCH + 0x800n, flags, cs, TARGET];
  return { code: withTarget([...pushAll(frame), 0x48, 0xcf]), registers: [undefined, flags] };
}

function farReturn(random: Random): PrivilegedCase {
  const cs = BigInt(random.below(18) * 8 + random.pick([0, 0, 3, 4, 7]));
  const frame = [
    random.pick([0x4bn, 0x4bn, 0n, 0x10n, 0x13n]),
    SCRATCH + 0x800n,
    cs,
    random.oneIn(8) ? 0x800000000000n : TARGET,
  ];
  return { code: withTarget([...pushAll(frame), 0x48, 0xcb]) };
}

/** Far JMP or CALL through a pointer in scratch memory, with the operand size of `prefix`. */
function farPointer(extension: number): Generate {
  return (random) => {
    const prefix = random.pick([[], [0x48], [0x66]]);
    const cs = BigInt(random.below(18) * 8 + random.pick([0, 0, 3, 4, 7]));
    const pointer = (cs << (prefix[0] === 0x48 ? 64n : prefix[0] === 0x66 ? 16n : 32n)) | TARGET;
    const setUp = [
      ...moveImmediate(3, SCRATCH),
      ...moveImmediate(0, pointer & 0xffffffffffffffffn),
      ...[0x48, 0x89, 0x03],
      ...moveImmediate(0, pointer >> 64n),
      ...[0x48, 0x89, 0x43, 0x08],
    ];
    // A 16-bit offset does not reach TARGET, so only selectors that fail stay.
    const width = prefix[0] === 0x66 ? [] : prefix;
    return { code: withTarget([...setUp, ...width, 0xff, 0x03 | (extension << 3)]) };
  };
}

function controlRegister(register: number, value: (random: Random) => bigint): Generate {
  const rex = register === 8 ? [0x44] : [];
  const modrm = 0xc0 | ((register & 7) << 3);
  return (random) => ({
    // mov crN, rax; mov rbx, crN
    code: [...rex, 0x0f, 0x22, modrm, ...rex, 0x0f, 0x20, modrm | 3],
    registers: [value(random)],
    definedFlags: 0x3f7702n,
  });
}

function debugRegister(random: Random): PrivilegedCase {
  const number = random.below(8);
  const base = number >= 6 || number === 4 || number === 5 ? 0x400n : 0n;
  const low = quad(random) & 0xffffdfffn & (number & 1 ? 0xffff0300n | 0xd400n : 0xffffffffn);
  const value = random.oneIn(4) ? base | low | oneBit(random, [32, 40, 63]) : base | low;
  const modrm = 0xc0 | (number << 3);
  const extensions = random.oneIn(3) ? [0x0f, 0x20, 0xe1, 0x0f, 0xba, 0xe9, 3, 0x0f, 0x22, 0xe1] : [];
  // DR0 to DR3 take any value
  return {
    code: [...extensions, 0x0f, 0x23, modrm, 0x0f, 0x21, modrm | 3],
    registers: [number < 4 ? quad(random) : value],
    definedFlags: 0n,
  };
}

function descriptorTable(extension: number): Generate {
  const load = extension >= 2;
  return (random) => {
    const base = random.oneIn(4) ? quad(random) : BigInt.asUintN(64, BigInt.asIntN(48, quad(random)));
    const fill = [
      ...moveImmediate(3, SCRATCH),
      ...moveImmediate(0, ((base << 16n) & 0xffffffffffffffffn) | BigInt(random.below(0x10000))),
      0x48,
      0x89,
      0x03,
      ...moveImmediate(0, base >> 48n),
      0x48,
      0x89,
      0x43,
      8,
    ];
    const store = [0x0f, 0x01, 0x43 | ((extension - 2) << 3), 0x10];
    const keep = [0x0f, 0x01, 0x43 | ((extension - 2) << 3), 0x20];
    const reload = [0x0f, 0x01, 0x43 | (extension << 3), 0x20];
    if (load) return { code: [...fill, ...keep, 0x0f, 0x01, 0x03 | (extension << 3), ...store, ...reload] };
    return { code: [0x0f, 0x01, 0x03 | (extension << 3)], registers: [undefined, address(random)] };
  };
}

const onSelector =
  (code: readonly number[], definedFlags = ALL_FLAGS): Generate =>
  (random) => ({ code, registers: [selector(random)], definedFlags });

function segmentLoad(random: Random): PrivilegedCase {
  const register = random.pick([0, 2, 3, 4, 5, 1]);
  return { code: [0x8e, 0xc0 | (register << 3)], registers: [selector(random)] };
}

function extendedControl(random: Random): PrivilegedCase {
  const index = random.pick([0n, 0n, 0n, 0n, 2n, BigInt(random.word()) | 8n]);
  const low = BigInt(random.pick([0, 1, 2, 3, 5, 6, 7, 7]));
  // xsetbv; xor ecx, ecx; xgetbv
  return {
    code: [0x0f, 0x01, 0xd1, 0x31, 0xc9, 0x0f, 0x01, 0xd0],
    registers: [low, undefined, index, random.oneIn(4) ? 1n << 31n : 0n],
    definedFlags: 0n,
  };
}

const MSRS: Readonly<Record<string, readonly [number, (random: Random) => bigint]>> = {
  STAR: [0xc0000081, quad],
  LSTAR: [0xc0000082, addressMsr],
  CSTAR: [0xc0000083, addressMsr],
  FMASK: [0xc0000084, (random) => quad(random) & (random.oneIn(4) ? -1n : 0xffffffffn)],
  FS_BASE: [0xc0000100, addressMsr],
  GS_BASE: [0xc0000101, addressMsr],
  KERNEL_GS_BASE: [0xc0000102, addressMsr],
  TSC_AUX: [0xc0000103, (random) => quad(random) & (random.oneIn(4) ? -1n : 0xffffffffn)],
  SYSENTER_CS: [0x174, (random) => quad(random) & 0xffffn],
  SYSENTER_ESP: [0x175, addressMsr],
  SYSENTER_EIP: [0x176, addressMsr],
  PAT: [0x277, patValue],
  EFER: [0xc0000080, (random) => toggled(random, 0x501n, [0, 8, 10, 11, 11, 1, 9, 12, 14, 15, 16, 40, 63])],
};

const msrForms = Object.entries(MSRS).map(([name, [msr, value]]): [string, Generate] => [
  `WRMSR ${name}`,
  (random) => writeMsr(random, msr, value(random)),
]);

/** Every form by name, with the generator of its cases. */
export const PRIVILEGED_FORMS: ReadonlyMap<string, Generate> = new Map<string, Generate>([
  [
    "MOV CR0",
    controlRegister(0, (random) => toggled(random, 0x80010033n, [1, 2, 3, 4, 5, 16, 18, 29, 30, 6, 28, 17, 32, 63])),
  ],
  // mov rax, cr3; xor rax, rbx; mov cr3, rax
  [
    "MOV CR3",
    (random) => ({
      code: [0x0f, 0x20, 0xd8, 0x48, 0x31, 0xd8, 0x0f, 0x22, 0xd8],
      registers: [0n, toggled(random, 0n, [3, 4])],
      definedFlags: 0n,
    }),
  ],
  ["MOV CR4", controlRegister(4, (random) => toggled(random, 0x50620n, CR4_BITS))],
  ["MOV CR8", controlRegister(8, (random) => (random.oneIn(3) ? sparse(random) : BigInt(random.below(32))))],
  ["LMSW", (random) => ({ code: [0x0f, 0x01, 0xf0, 0x0f, 0x20, 0xc3], registers: [quad(random)], definedFlags: 0n })],
  ["SMSW", (random) => ({ code: [...random.pick([[], [0x48], [0x66]]), 0x0f, 0x01, 0xe0] })],
  [
    "CLTS",
    (random) => ({
      code: [0x0f, 0x22, 0xc0, 0x0f, 0x06],
      registers: [0x80010033n | (random.oneIn(2) ? 8n : 0n)],
      definedFlags: 0n,
    }),
  ],
  ["MOV DR", debugRegister],
  ...msrForms,
  ["SGDT", descriptorTable(0)],
  ["SIDT", descriptorTable(1)],
  ["LGDT", descriptorTable(2)],
  ["LIDT", descriptorTable(3)],
  ["LLDT", onSelector([0x0f, 0x00, 0xd0])],
  ["LTR", onSelector([0x0f, 0x00, 0xd8])],
  ["SLDT", (random) => ({ code: [...random.pick([[], [0x48], [0x66]]), 0x0f, 0x00, 0xc0] })],
  ["STR", (random) => ({ code: [...random.pick([[], [0x48], [0x66]]), 0x0f, 0x00, 0xc8] })],
  ["LAR", onSelector([0x48, 0x0f, 0x02, 0xd8])],
  ["LSL", onSelector([0x48, 0x0f, 0x03, 0xd8])],
  ["VERR", onSelector([0x0f, 0x00, 0xe0])],
  ["VERW", onSelector([0x0f, 0x00, 0xe8])],
  ["MOV Sreg", segmentLoad],
  ["far JMP", farPointer(5)],
  ["far CALL", farPointer(3)],
  ["RETF", farReturn],
  ["IRETQ", interruptReturn],
  [
    "SWAPGS",
    (random) => ({
      code: [...writeMsrCode(0xc0000102, BigInt.asUintN(64, BigInt.asIntN(48, quad(random)))), 0x0f, 0x01, 0xf8],
    }),
  ],
  ["SYSCALL", (random) => ({ code: withTarget([...writeMsrCode(0xc0000084, BigInt(random.word())), 0x0f, 0x05]) })],
  [
    "SYSRET",
    (random) => ({
      code: withTarget([0x48, 0x0f, 0x07]),
      registers: [undefined, undefined, random.oneIn(5) ? 0x800000000000n : TARGET, undefined],
    }),
  ],
  ["INVLPG", (random) => ({ code: [0x0f, 0x01, 0x3b], registers: [undefined, address(random)] })],
  ["XSETBV", extendedControl],
  ["POPFQ", (random) => ({ code: [...pushAll([quad(random) & ~0x100n]), 0x9d, 0x9c, 0x5b] })],
  ["PUSHFQ", fixed([0x9c, 0x5b], STATUS_FLAGS)],
  ["CLI", fixed([0xfa])],
  ["STI", fixed([0xfb])],
  [
    "OUT 80",
    (random) => ({
      code: random.pick([
        [0xe6, 0x80],
        [0xe7, 0x80],
        [0x66, 0xe7, 0x80],
      ]),
    }),
  ],
  // Not the vectors whose handlers expect an error code: INT pushes none.
  ["INT n", (random) => ({ code: [0xcd, random.pick([random.below(8), 9, 15, 16, 18, 22 + random.below(234)])] })],
  ["INT3 INTO", (random) => ({ code: random.pick([[0xcc], [0xce], [0xf1]]) })],
]);

function writeMsrCode(msr: number, value: bigint): number[] {
  return [
    ...moveImmediate(1, BigInt(msr)),
    ...moveImmediate(0, value & 0xffffffffn),
    ...moveImmediate(2, value >> 32n),
    0x0f,
    0x30,
  ];
}
