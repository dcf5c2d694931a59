import type { Random } from "../../../../test/random.ts";
import { bytes, type Generate, moveImmediate, quad, SCRATCH, toggled } from "./case-code.ts";

/*
 * Forms that QEMU TCG cannot judge: it lacks PCID, and takes a reserved bit of CR3 or CR4 for a VM exit of its SVM, guest or none. Bochs can.
 */

const DEFINED_FLAGS = 0x3f7702n;
const CLI = 0xfa;
/** The guest's own control registers (`privileged.asm`). */
const CR0 = 0x80010033n;
const CR4 = 0x50620n;
const CR0_BITS = [1, 2, 3, 5, 16, 18, 29, 30, 6, 17, 28];
/** What may be set in CR4 with paging off. */
const CR4_ALWAYS = [0, 1, 2, 3, 4, 5, 5, 5, 6, 7, 8, 11, 16, 20, 21];
const PHYSICAL_AND_ABOVE = [46, 47, 50, 51, 52, 55, 59, 60, 63, 63];
const EXECUTED = 0x2000000n;
/** mov rax, cr4; bts rax, 17; mov cr4, rax */
const ENABLE_PCID = [0x0f, 0x20, 0xe0, 0x48, 0x0f, 0xba, 0xe8, 17, 0x0f, 0x22, 0xe0];

const dword = (value: bigint): number[] => bytes(value & 0xffffffffn, 4);

/** INVPCID rcx, [rbx], with its descriptor in scratch memory. */
function invalidatePcid(random: Random): ReturnType<Generate> {
  const pcid = random.oneIn(3) ? 0n : BigInt(random.below(0x1000));
  const first = random.oneIn(4) ? toggled(random, pcid, [12, 13, 20, 31, 32, 47, 63]) : pcid;
  const second = random.oneIn(3) ? quad(random) : BigInt.asUintN(64, BigInt.asIntN(48, quad(random)));
  const fill = [first, second].flatMap((value, n) => [...moveImmediate(0, value), 0x48, 0x89, 0x43, 8 * n]);
  const type = random.oneIn(5) ? random.pick([4n, 5n, 0x100000000n, quad(random)]) : BigInt(random.below(4));
  const operand = random.pick([SCRATCH, SCRATCH, SCRATCH, SCRATCH, 0x7000000n, 0x800000000000n]);
  const code = [
    ...(random.oneIn(2) ? ENABLE_PCID : []),
    ...moveImmediate(3, SCRATCH),
    ...fill,
    ...moveImmediate(3, operand),
    ...[0x66, 0x0f, 0x38, 0x82, 0x0b],
  ];
  return { code, registers: [undefined, undefined, type], definedFlags: DEFINED_FLAGS };
}

/** mov rax, cr3; xor rax, rbx; mov cr3, rax; mov rax, cr3 */
function loadCr3(random: Random): ReturnType<Generate> {
  const low = random.oneIn(2) ? toggled(random, 0n, [0, 1, 2, 3, 4, 5, 6, 8, 9, 11]) : 0n;
  const high = random.oneIn(2) ? toggled(random, 0n, PHYSICAL_AND_ABOVE) : 0n;
  const move = [0x0f, 0x20, 0xd8, 0x48, 0x31, 0xd8, 0x0f, 0x22, 0xd8, 0x0f, 0x20, 0xd8];
  return {
    code: [...(random.oneIn(2) ? ENABLE_PCID : []), ...move],
    registers: [undefined, low | high],
    definedFlags: DEFINED_FLAGS,
  };
}

/** What 32-bit code does with two values for CR0 and CR4, and the way back to 64-bit mode. RBX: CR0, RBP: CR4, RSI: EFER. */
function in32BitCode(cr0: bigint, cr4: bigint): number[] {
  const enter = [CLI, 0x6a, 0x38, 0x68, ...dword(EXECUTED + 10n), 0x48, 0xcb];
  const write = [0xb8, ...dword(cr0), 0x0f, 0x22, 0xc0, 0x0f, 0x20, 0xc3];
  const writeCr4 = [0xb8, ...dword(cr4), 0x0f, 0x22, 0xe0, 0x0f, 0x20, 0xe5];
  const readEfer = [0xb9, ...dword(0xc0000080n), 0x0f, 0x32, 0x89, 0xc6];
  const restore = [0xb8, ...dword(CR4), 0x0f, 0x22, 0xe0, 0xb8, ...dword(CR0), 0x0f, 0x22, 0xc0];
  const before = [...enter, ...write, ...writeCr4, ...readEfer, ...restore];
  const leave = [0xea, ...dword(EXECUTED + BigInt(before.length) + 7n), 0x08, 0x00];
  // The upper halves are undefined after 32-bit code.
  const extend = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((register) => [0x89, 0xc0 | (register * 9)]);
  return [...before, ...leave, ...extend];
}

const small = (random: Random): (bigint | undefined)[] => [
  undefined,
  undefined,
  undefined,
  undefined,
  BigInt(random.word()),
  BigInt(random.word()),
  BigInt(random.word()),
];

/** mov cr0, rax; mov rbx, cr0 in 64-bit mode; or in 32-bit code, where paging and protection can be turned off. */
function changeMode(random: Random): ReturnType<Generate> {
  if (random.oneIn(3)) {
    const value = toggled(random, CR0 ^ random.pick([1n, 0x80000000n, 0x80000001n]), [...CR0_BITS, 32, 45, 63]);
    return { code: [0x0f, 0x22, 0xc0, 0x0f, 0x20, 0xc3], registers: [value], definedFlags: DEFINED_FLAGS };
  }
  const off = random.pick([0x80000000n, 0x80000000n, 0x80000001n, 0x80000001n, 1n]);
  return {
    code: in32BitCode(toggled(random, CR0 ^ off, CR0_BITS), CR4),
    registers: small(random),
    definedFlags: DEFINED_FLAGS,
  };
}

/** MOV to CR4 with any bit in 64-bit mode; or in 32-bit code, with paging off or on. */
function changeCr4(random: Random): ReturnType<Generate> {
  if (random.oneIn(2)) {
    const any = Array.from({ length: 40 }, (_, bit) => bit);
    const value = toggled(random, random.oneIn(2) ? CR4 : CR4 ^ 0x20n, random.oneIn(2) ? [5, 12, 17] : [...any, 63]);
    // mov cr4, rax; mov rbx, cr4
    return { code: [0x0f, 0x22, 0xe0, 0x0f, 0x20, 0xe3], registers: [value], definedFlags: DEFINED_FLAGS };
  }
  const paging = random.oneIn(3) ? CR0 : CR0 ^ 0x80000000n;
  return {
    code: in32BitCode(paging, toggled(random, CR4, CR4_ALWAYS)),
    registers: small(random),
    definedFlags: DEFINED_FLAGS,
  };
}

/** Forms for which Bochs is the peer. */
export const CONTROL_FORMS: ReadonlyMap<string, Generate> = new Map<string, Generate>([
  ["INVPCID", invalidatePcid],
  ["MOV CR0 PE PG", changeMode],
  ["MOV CR3 reserved", loadCr3],
  ["MOV CR4 PAE", changeCr4],
]);
