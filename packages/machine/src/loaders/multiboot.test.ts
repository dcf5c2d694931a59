import { expect, test } from "vitest";
import { BootMemory } from "../../test/boot-memory.ts";
import { EXIT_CODE, elfFile, multibootHeader } from "../../test/image-builder.ts";
import type { BootRequest } from "./boot-request.ts";
import { planBoot } from "./load.ts";

const MIB = 0x100000;
const CODE = EXIT_CODE(0);

function boot(request: BootRequest, memory = 64 * MIB) {
  const plan = planBoot(request, memory, () => null);
  const registers = new Map(plan.state.registers);
  return { plan, memory: new BootMemory(plan), eax: registers.get(0)!, ebx: registers.get(3)! };
}

const kernel = (bits: 32 | 64, more: Partial<Parameters<typeof elfFile>[0]> = {}): Uint8Array =>
  elfFile({
    bits,
    entry: MIB,
    segments: [{ address: MIB, data: CODE, size: 0x5000 }],
    early: multibootHeader(0),
    ...more,
  });

test.each([32, 64] as const)(
  "an ELF%i kernel is loaded where its segments say and entered with magic and information",
  (bits) => {
    const { plan, memory, eax, ebx } = boot({ image: kernel(bits) });
    expect(plan).toMatchObject({ protocol: "multiboot", state: { rip: MIB, cr0: 0x11, cr3: 0, efer: 0 } });
    expect(eax).toBe(0x2badb002);
    expect(ebx).toBe(0x9000);
    expect(memory.bytes(MIB, CODE.length)).toEqual([...CODE]);
  },
);

test("the flags say exactly what is filled in", () => {
  const none = boot({ image: kernel(32) });
  expect(none.memory.u32(none.ebx)).toBe((1 << 0) | (1 << 2) | (1 << 6) | (1 << 9));
  const all = boot({
    image: kernel(32, { sections: [{ type: 3, data: new Uint8Array([0, 65, 0]) }] }),
    modules: [{ commandLine: "env", data: CODE }],
  });
  expect(all.memory.u32(all.ebx)).toBe((1 << 0) | (1 << 2) | (1 << 3) | (1 << 5) | (1 << 6) | (1 << 9));
});

test("memory sizes and map are a PC's", () => {
  const { memory, ebx } = boot({ image: kernel(32) });
  expect([memory.u32(ebx + 4), memory.u32(ebx + 8)]).toEqual([639, 63 * 1024]);
  const map = Array.from({ length: memory.u32(ebx + 44) / 24 }, (_, index) => {
    const at = memory.u32(ebx + 48) + index * 24;
    return [memory.u32(at), memory.u64(at + 4), memory.u64(at + 12), memory.u32(at + 20)];
  });
  expect(map).toEqual([
    [20, 0, 0x9fc00, 1],
    [20, 0x9fc00, 0x400, 2],
    [20, 0xe0000, 0x20000, 2],
    [20, MIB, 63 * MIB, 1],
    [20, 0xfffc0000, 0x40000, 2],
  ]);
});

test.each([
  [{ programName: "x86/a.flat", commandLine: "one two" }, "x86/a.flat one two"],
  [{ programName: "x86/a.flat" }, "x86/a.flat"],
  [{ commandLine: "one" }, "one"],
  [{}, ""],
])("the command line of %j is %j", (request, expected) => {
  const { memory, ebx } = boot({ image: kernel(32), ...request });
  expect(memory.text(memory.u32(ebx + 16))).toBe(expected);
});

test("the boot loader tells its name", () => {
  const { memory, ebx } = boot({ image: kernel(32) });
  expect(memory.text(memory.u32(ebx + 64))).toBe("hvdiff");
});

test("modules lie on pages behind the image's zeros, each with its text", () => {
  const contents = ["KEY=value\n", "", "x".repeat(5000)];
  const modules = contents.map((text, index) => ({
    commandLine: `file${index} arg`,
    data: new TextEncoder().encode(text),
  }));
  const { memory, ebx } = boot({ image: kernel(32), modules });
  expect(memory.u32(ebx + 20)).toBe(3);
  const list = memory.u32(ebx + 24);
  contents.forEach((text, index) => {
    const [start, end, name] = [0, 4, 8].map((at) => memory.u32(list + index * 16 + at));
    expect(start! % 4096).toBe(0);
    expect(start).toBeGreaterThanOrEqual(MIB + 0x5000);
    expect(String.fromCharCode(...memory.bytes(start!, end! - start!))).toBe(text);
    expect(memory.text(name!)).toBe(`file${index} arg`);
  });
});

test.each([32, 64] as const)(
  "symbol and string tables of an ELF%i file are loaded and their headers say where",
  (bits) => {
    const symbols = new Uint8Array([1, 2, 3, 4]);
    const names = new TextEncoder().encode("\0main\0");
    const image = kernel(bits, {
      sections: [
        { type: 2, data: symbols },
        { type: 3, data: names },
        { type: 1, data: new Uint8Array(64) },
      ],
    });
    const { memory, ebx } = boot({ image });
    const [count, size, table] = [28, 32, 36].map((at) => memory.u32(ebx + at));
    expect([count, size]).toEqual([3, bits === 32 ? 40 : 64]);
    const addresses = [0, 1, 2].map((index) => memory.u32(table! + index * size! + (bits === 32 ? 12 : 16)));
    expect(memory.bytes(addresses[0]!, 4)).toEqual([...symbols]);
    expect(memory.bytes(addresses[1]!, 6)).toEqual([...names]);
    expect(addresses[2]).toBe(0);
  },
);

test("address fields describe a flat image and take precedence over ELF", () => {
  const fields = [MIB, MIB, 0, MIB + 0x2000, MIB + 32];
  const header = multibootHeader(0x10000, fields);
  const image = new Uint8Array([...header, ...CODE]);
  const { plan } = boot({ image });
  expect(plan.pieces[0]).toMatchObject({ address: MIB, size: 0x2000 });
  expect(plan.state.rip).toBe(MIB + 32);
  const both = elfFile({ bits: 32, entry: 5, segments: [{ address: 7 * MIB, data: CODE }], early: header });
  expect(boot({ image: both }).plan.state.rip).toBe(MIB + 32);
});

test("a kernel linked for the upper half is entered at its physical address", () => {
  const image = elfFile({
    bits: 64,
    entry: 0xffffffff80000010n,
    segments: [{ address: MIB, virtual: 0xffffffff80000000n, data: new Uint8Array(64) }],
    early: multibootHeader(0),
  });
  expect(boot({ image }).plan.state.rip).toBe(MIB + 0x10);
});

test("boot structures keep out of an image that lies in low memory", () => {
  const image = kernel(32, { segments: [{ address: 0x8000, data: CODE, size: 0x90000 }], entry: 0x8000 });
  const { ebx } = boot({ image });
  expect(ebx).toBeGreaterThanOrEqual(0x98000);
});

test.each([
  [
    "header flag 3",
    kernel(32, { early: multibootHeader(8) }),
    "multiboot header requires unknown features (flags 0x8)",
  ],
  [
    "no header",
    kernel(32, { early: new Uint8Array(12) }),
    "ELF32 with no multiboot header, no PVH entry point; an entry point starts it without",
  ],
  ["flat without addresses", multibootHeader(0), "flat multiboot image without address fields (header flag 16)"],
  [
    "load address outside",
    multibootHeader(0x10000, [MIB, 2 * MIB, 0, 0, 0]),
    "multiboot load address lies outside the file",
  ],
  [
    "beyond memory",
    kernel(32, { segments: [{ address: MIB, data: CODE, size: 0xfff00000 }] }),
    "segment 0 (0x100000-0x100000000) lies beyond the guest's 64 MiB of memory",
  ],
  [
    "in the hole",
    kernel(32, { segments: [{ address: 0xa0000, data: CODE }] }),
    "segment 0 (0xa0000-0xa0005) lies where a PC has no RAM (0xa0000-0x100000)",
  ],
])("%s: one clear line", (_, image, message) => {
  expect(() => boot({ image })).toThrow(message);
});

test("modules that do not fit are refused", () => {
  const modules = [{ commandLine: "big", data: new Uint8Array(64 * MIB) }];
  expect(() => boot({ image: kernel(32), modules })).toThrow(/^no room for module 0 of 67108864 bytes/);
});
