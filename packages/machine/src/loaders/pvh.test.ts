import { expect, test } from "vitest";
import { BootMemory } from "../../test/boot-memory.ts";
import { EXIT_CODE, elfFile, pvhNote } from "../../test/image-builder.ts";
import { planBoot } from "./load.ts";

const MIB = 0x100000;
const CODE = EXIT_CODE(0);

const kernel = (bits: 32 | 64) =>
  elfFile({ bits, entry: 0x123, segments: [{ address: MIB, data: CODE }, pvhNote(MIB + 2)] });

test.each([32, 64] as const)("an ELF%i file with the note is entered where the note says", (bits) => {
  const plan = planBoot({ image: kernel(bits) }, 64 * MIB, () => null);
  expect(plan).toMatchObject({ protocol: "pvh", state: { rip: MIB + 2, cr0: 0x11, cr4: 0, efer: 0 } });
});

test("EBX is start information of version 1", () => {
  const request = { image: kernel(64), commandLine: "quiet", modules: [{ commandLine: "initrd", data: CODE }] };
  const rootPointer = { address: 0xe0010, bytes: new Uint8Array(36) };
  const plan = planBoot(request, 5120 * MIB, () => rootPointer);
  const memory = new BootMemory(plan);
  const info = new Map(plan.state.registers).get(3)!;
  const [magic, version, flags, modules] = [0, 4, 8, 12].map((at) => memory.u32(info + at));
  expect([magic, version, flags, modules]).toEqual([0x336ec578, 1, 0, 1]);
  const [list, commandLine, rsdp, map] = [16, 24, 32, 40].map((at) => memory.u64(info + at));
  expect(memory.bytes(memory.u64(list!), memory.u64(list! + 8))).toEqual([...CODE]);
  expect(memory.text(memory.u64(list! + 16))).toBe("initrd");
  expect(memory.text(commandLine!)).toBe("quiet");
  expect(rsdp).toBe(0xe0010);
  const entries = Array.from({ length: memory.u32(info + 48) }, (_, index) => {
    const at = map! + index * 24;
    return [memory.u64(at), memory.u64(at + 8), memory.u32(at + 16)];
  });
  expect(entries.slice(-3)).toEqual([
    [MIB, 3071 * MIB, 1],
    [0xfffc0000, 0x40000, 2],
    [0x1_0000_0000, 2048 * MIB, 1],
  ]);
});

test("PVH that is asked for and not there is refused", () => {
  const image = elfFile({ bits: 64, entry: MIB, segments: [{ address: MIB, data: CODE }] });
  expect(() => planBoot({ image, protocol: "pvh" }, 64 * MIB, () => null)).toThrow(
    "ELF64 without a PVH entry point (note XEN_ELFNOTE_PHYS32_ENTRY)",
  );
});
