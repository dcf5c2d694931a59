import { expect, test } from "vitest";
import { BootMemory } from "../../test/boot-memory.ts";
import { EXIT_CODE, linuxKernel, type TestKernel } from "../../test/image-builder.ts";
import type { BootRequest } from "./boot-request.ts";
import { planBoot } from "./load.ts";

const MIB = 0x100000;
const CODE = EXIT_CODE(0);

function boot(kernel: Partial<TestKernel> = {}, request: Partial<BootRequest> = {}, size = 64 * MIB) {
  const rootPointer = { address: 0xe0010, bytes: new Uint8Array(36) };
  const plan = planBoot({ image: linuxKernel({ code: CODE, ...kernel }), ...request }, size, () => rootPointer);
  return { plan, memory: new BootMemory(plan), params: new Map(plan.state.registers).get(6)! };
}

test("a 64-bit kernel is entered in long mode behind its 32-bit entry point", () => {
  const { plan, memory } = boot();
  const { state } = plan;
  expect(state).toMatchObject({ rip: 0x1000200, cr4: 0x20, efer: 0x500 });
  expect(state.cr0 >>> 0).toBe(0x80000011);
  expect(state.segments.slice(0, 2).map(({ selector }) => selector)).toEqual([0x18, 0x10]);
  expect(memory.bytes(0x1000200, CODE.length)).toEqual([...CODE]);
  expect([memory.u32(state.gdt.base + 0x10), memory.u32(state.gdt.base + 0x14)]).toEqual([0xffff, 0x00af9b00]);
});

test("its page tables map the first 4 GiB to themselves", () => {
  const { plan, memory } = boot();
  const walk = (address: number): number => {
    const pointer = memory.u64(plan.state.cr3) - 3;
    const directory = memory.u64(pointer + Math.floor(address / 0x40000000) * 8) - 3;
    return memory.u64(directory + (Math.floor(address / 0x200000) % 512) * 8);
  };
  for (const address of [0, 0x1000000, 0x40000000, 0xffe00000]) expect(walk(address)).toBe(address + 0x83);
});

test("a kernel without a 64-bit entry point is entered in 32-bit mode", () => {
  const { plan } = boot({ xloadflags: 0 });
  expect(plan.state).toMatchObject({ rip: 0x1000000, cr0: 0x11, efer: 0 });
});

test("a kernel that cannot be moved lies at 1 MiB", () => {
  expect(boot({ relocatable: 0 }).plan.state.rip).toBe(MIB + 0x200);
});

test("boot_params have the setup header, the loader's words and the memory map", () => {
  const initrd = new Uint8Array(5000).fill(7);
  const modules = [{ commandLine: "initrd.img", data: initrd }];
  const { memory, params } = boot({}, { commandLine: "console=ttyS0", modules }, 4096 * MIB);
  expect(params % 4096).toBe(0);
  expect([memory.u16(params + 0x1fe), memory.u32(params + 0x202)]).toEqual([0xaa55, 0x53726448]);
  expect(memory.u8(params + 0x210)).toBe(0xff);
  expect(memory.u32(params + 0x214)).toBe(0x1000000);
  expect(memory.text(memory.u32(params + 0x228))).toBe("console=ttyS0");
  const image = memory.u32(params + 0x218);
  expect([image % 4096, memory.u32(params + 0x21c)]).toEqual([0, 5000]);
  expect(image + 5000).toBeLessThanOrEqual(0x80000000);
  expect(memory.bytes(image, 3)).toEqual([7, 7, 7]);
  expect(memory.u64(params + 0x70)).toBe(0xe0010);
  expect(memory.u8(params + 0x1e8)).toBe(6);
  const last = params + 0x2d0 + 5 * 20;
  expect([memory.u64(last), memory.u64(last + 8), memory.u32(last + 16)]).toEqual([0x1_0000_0000, 1024 * MIB, 1]);
});

test.each([
  ["old protocol", { version: 0x0202 }, {}, "Linux boot protocol 2.02; 2.06 (Linux 2.6.22) or later is needed"],
  ["command line", { commandLineSize: 3 }, { commandLine: "quiet" }, "command line of 5 bytes; this kernel takes 3"],
  ["memory", { initSize: 0x4000000 }, {}, "segment 0 (0x1000000-0x5000000) lies beyond the guest's 64 MiB of memory"],
  [
    "two disks",
    {},
    { modules: [1, 2].map(() => ({ commandLine: "", data: CODE })) },
    "a Linux kernel takes one initial RAM disk, not 2",
  ],
  [
    "large disk",
    { initrdMax: 0x1fffff },
    { modules: [{ commandLine: "", data: new Uint8Array(2 * MIB) }] },
    "no room for the initial RAM disk of 2097152 bytes in the guest's memory (from 0x100000 to 0x200000)",
  ],
])("%s: one clear line", (_, kernel, request, message) => {
  expect(() => boot(kernel, request)).toThrow(message);
});
