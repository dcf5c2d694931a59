import { expect, test } from "vitest";
import { EXIT_CODE, elfFile } from "../../test/image-builder.ts";
import { planBoot } from "./load.ts";

const MIB = 0x100000;
const CODE = EXIT_CODE(0);

test.each([
  [{ entry: 0x7c00 }, 0x7c00, 0x7c00],
  [{ entry: 0x8010, loadAddress: 0x8000 }, 0x8000, 0x8010],
  [{ loadAddress: 2 * MIB }, 2 * MIB, 2 * MIB],
])("a flat binary with %j lies at 0x%x and is entered at 0x%x", (where, address, rip) => {
  const plan = planBoot({ image: CODE, ...where }, 64 * MIB, () => null);
  expect(plan.pieces[0]).toMatchObject({ address, size: CODE.length });
  expect(plan).toMatchObject({ protocol: "flat", state: { rip, cr0: 0x11 } });
});

test.each([
  [0x7c00, 0, 0x7c00],
  [0x12345, 0x1234, 5],
])("real mode at 0x%x has code segment 0x%x and IP 0x%x", (entry, selector, rip) => {
  const { state } = planBoot({ image: CODE, entry, mode: 16 }, 64 * MIB, () => null);
  expect(state).toMatchObject({ rip, cr0: 0x10 });
  expect(state.segments[1]).toEqual({ selector, base: selector * 16, limit: 0xffff, access: 0x9b });
});

test("an ELF file without a boot protocol starts at its own entry point, or at the user's", () => {
  const image = elfFile({ bits: 64, entry: MIB, segments: [{ address: MIB, data: CODE }] });
  const plan = planBoot({ image, mode: 64 }, 64 * MIB, () => null);
  expect(plan.state).toMatchObject({ rip: MIB, cr4: 0x20, efer: 0x500 });
  expect(planBoot({ image, entry: MIB + 2 }, 64 * MIB, () => null).state.rip).toBe(MIB + 2);
});

test.each([
  [{ protocol: "flat" as const }, "a flat binary needs an entry point"],
  [{ entry: MIB, mode: 16 as const }, "entry point 0x100000 is not below 0x100000"],
  [{ entry: 0x1_0000_0000 }, "entry point 0x100000000 is not below 0x100000000"],
  [{ entry: 0x9fffe }, "segment 0 (0x9fffe-0xa0003) lies where a PC has no RAM (0xa0000-0x100000)"],
])("%j is refused", (request, message) => {
  expect(() => planBoot({ image: CODE, ...request }, 64 * MIB, () => null)).toThrow(message);
});

test.each([
  [new Uint8Array(0), "empty file"],
  [new TextEncoder().encode("#!/bin/sh\n"), 'neither ELF, multiboot nor Linux: a text file starting "#!/bin/sh\\n"'],
  [new Uint8Array([1, 2, 255]), "neither ELF, multiboot nor Linux: file starts with 01 02 ff"],
])("a file that is nothing is told so", (image, message) => {
  expect(() => planBoot({ image }, 64 * MIB, () => null)).toThrow(message);
});
