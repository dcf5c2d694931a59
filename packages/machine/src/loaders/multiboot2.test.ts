import { expect, test } from "vitest";
import { BootMemory } from "../../test/boot-memory.ts";
import { EXIT_CODE, elfFile, headerTag, multiboot2Header } from "../../test/image-builder.ts";
import type { RootPointer } from "./boot-layout.ts";
import type { BootRequest } from "./boot-request.ts";
import { planBoot } from "./load.ts";

const MIB = 0x100000;
const CODE = EXIT_CODE(0);

/** The information tags as type -> contents. */
function boot(request: BootRequest, rootPointer: RootPointer | null = null) {
  const plan = planBoot(request, 64 * MIB, () => rootPointer);
  const memory = new BootMemory(plan);
  const registers = new Map(plan.state.registers);
  const information = registers.get(3)!;
  const tags: { type: number; at: number; size: number }[] = [];
  const end = information + memory.u32(information);
  for (let at = information + 8; at < end; at += Math.ceil(memory.u32(at + 4) / 8) * 8)
    tags.push({ type: memory.u32(at), at: at + 8, size: memory.u32(at + 4) - 8 });
  return { plan, memory, tags, eax: registers.get(0)!, information };
}

const kernel = (tags: readonly Uint8Array[] = [], more: Partial<Parameters<typeof elfFile>[0]> = {}): Uint8Array =>
  elfFile({
    bits: 64,
    entry: MIB,
    segments: [{ address: MIB, data: CODE, size: 0x3000 }],
    early: multiboot2Header(tags),
    ...more,
  });

test("an ELF64 kernel is entered in 32-bit mode with magic and information", () => {
  const { plan, eax, information, tags } = boot({ image: kernel() });
  expect(plan).toMatchObject({ protocol: "multiboot2", state: { rip: MIB, cr0: 0x11, efer: 0 } });
  expect(eax).toBe(0x36d76289);
  expect(information % 8).toBe(0);
  expect(tags.map(({ type }) => type)).toEqual([1, 2, 4, 6, 0]);
});

test("tags carry the command line, modules, memory and sections", () => {
  const { memory, tags } = boot({
    image: kernel([], { sections: [{ type: 3, data: new Uint8Array([0, 65, 0]) }] }),
    programName: "kernel",
    commandLine: "quiet",
    modules: [{ commandLine: "env x", data: CODE }],
  });
  const at = new Map(tags.map((tag) => [tag.type, tag.at]));
  expect(memory.text(at.get(1)!)).toBe("kernel quiet");
  expect(memory.bytes(memory.u32(at.get(3)!), CODE.length)).toEqual([...CODE]);
  expect(memory.u32(at.get(3)! + 4) - memory.u32(at.get(3)!)).toBe(CODE.length);
  expect(memory.text(at.get(3)! + 8)).toBe("env x");
  expect([memory.u32(at.get(4)!), memory.u32(at.get(4)! + 4)]).toEqual([639, 63 * 1024]);
  expect([memory.u32(at.get(6)!), memory.u64(at.get(6)! + 16)]).toEqual([24, 0x9fc00]);
  expect([memory.u32(at.get(9)!), memory.u32(at.get(9)! + 4)]).toEqual([1, 64]);
});

test.each([
  [0, 20, [14]],
  [2, 36, [14, 15]],
])("an ACPI root pointer of revision %i is given in tags of its age", (_revision, size, types) => {
  const { tags } = boot({ image: kernel() }, { address: 0xe0000, bytes: new Uint8Array(size) });
  expect(tags.filter(({ type }) => type === 14 || type === 15).map(({ type }) => type)).toEqual(types);
});

test("an address tag describes a flat image", () => {
  const header = multiboot2Header([headerTag(2, [MIB, MIB, 0, MIB + 0x2000]), headerTag(3, [MIB + 0x50])]);
  const { plan } = boot({ image: new Uint8Array([...header, ...CODE]) });
  expect(plan.pieces[0]).toMatchObject({ address: MIB, size: 0x2000 });
  expect(plan.state.rip).toBe(MIB + 0x50);
});

test.each([
  ["as linked where that is allowed", [0, 0xffffffff, 0x1000, 0], MIB, MIB],
  ["at the lowest place", [0x300000, 0xffffffff, 0x200000, 1], 0x400000, 0x400000],
  ["at the highest place", [0, 0x1ffffff, 0x10000, 2], 0x1ff0000, 0x1ff0000],
  ["where it may be, if not as linked", [0x800000, 0xffffffff, 0x1000, 0], 0x800000, 0x800000],
])("a movable image lies %s", (_, words, base, entry) => {
  const { plan, memory, tags } = boot({ image: kernel([headerTag(10, words)]) });
  expect(plan.state.rip).toBe(entry);
  expect(plan.pieces[0]!.address).toBe(base);
  expect(memory.u32(tags.find(({ type }) => type === 21)!.at)).toBe(base);
});

test("what belongs to an image at the end of memory lies before it", () => {
  const image = kernel([headerTag(10, [0, 0xffffffff, 0x1000, 2])], {
    sections: [{ type: 3, data: new Uint8Array(9) }],
  });
  const { plan, memory, tags } = boot({ image, modules: [{ commandLine: "env", data: CODE }] });
  expect(plan.pieces[0]!.address).toBe(0x3ffd000);
  const [start] = tags.filter(({ type }) => type === 3).map(({ at }) => memory.u32(at));
  expect(start).toBe(MIB);
});

test("optional wishes that cannot be met are passed over", () => {
  const wishes = [headerTag(5, [0, 0, 0], 1), headerTag(7, [], 1), headerTag(1, [8, 11], 1), headerTag(99, [], 1)];
  expect(boot({ image: kernel(wishes) }).plan.protocol).toBe("multiboot2");
});

test.each([
  ["framebuffer", [headerTag(5, [0, 0, 0])], "multiboot 2 kernel requires a framebuffer; this PC has none"],
  ["EFI", [headerTag(7, [])], "multiboot 2 kernel requires EFI boot services; this PC has none"],
  ["unknown tag", [headerTag(99, [])], "multiboot 2 kernel requires header tag 99, which is not known"],
  ["information", [headerTag(1, [6, 8])], "multiboot 2 kernel requires information tag 8, which this PC cannot give"],
  ["console", [headerTag(4, [3])], "multiboot 2 kernel requires a console; this PC has a serial port only"],
  ["alignment", [headerTag(10, [0, 0xffffffff, 3, 0])], "multiboot 2 relocation alignment 3 is not a power of two"],
  ["short tag", [headerTag(3, [])], "multiboot 2 header tag 3 is too short (8)"],
  ["no entry", [headerTag(2, [MIB, MIB, 0, 0])], "multiboot 2 header has an address tag and no entry address tag"],
])("%s: one clear line", (_, tags, message) => {
  expect(() => boot({ image: kernel(tags) })).toThrow(message);
});

test("modules may be required where there are none", () => {
  expect(boot({ image: kernel([headerTag(1, [3, 6])]) }).plan.protocol).toBe("multiboot2");
});
