import { longModeState, protectedModeState, realModeState } from "../boot-state.ts";
import type { BootLayout } from "./boot-layout.ts";
import type { BootPlan } from "./boot-plan.ts";
import type { BootRequest, EntryMode } from "./boot-request.ts";
import { isElf, parseElf, type Segment } from "./elf.ts";
import { putDescriptorTable, putIdentityMap } from "./identity-map.ts";
import { LoadError } from "./load-error.ts";

const FOUR_GIB = 0x1_0000_0000;
const MIB = 0x100000;
const CODE = 0x08;
const DATA = 0x10;

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Bytes at an address, or an ELF file's segments, entered where the user says, with no boot protocol. Errors: `LoadError`. */
export function planFlat(request: BootRequest, layout: BootLayout): BootPlan {
  const { image, loadAddress, mode = 32 } = request;
  if (isElf(image) && loadAddress === undefined) {
    const elf = parseElf(image);
    return enter(elf.segments, request.entry ?? elf.entry, mode, layout);
  }
  if (image.length === 0) throw new LoadError("the file is empty");
  const entry = request.entry ?? loadAddress;
  if (entry === undefined) throw new LoadError("a flat binary needs an entry point");
  return enter([{ address: loadAddress ?? entry, data: image, size: image.length }], entry, mode, layout);
}

function enter(segments: readonly Segment[], entry: number, mode: EntryMode, layout: BootLayout): BootPlan {
  const limit = mode === 16 ? MIB : FOUR_GIB;
  if (entry >= limit) throw new LoadError(`entry point ${hex(entry)} is not below ${hex(limit)}`);
  layout.load(segments);
  return { protocol: "flat", pieces: layout.pieces, state: stateAt(entry, mode, layout) };
}

function stateAt(entry: number, mode: EntryMode, layout: BootLayout): BootPlan["state"] {
  if (mode === 16) return realModeState(entry);
  const gdt = putDescriptorTable(layout, { code: CODE, data: DATA, long: mode === 64 });
  if (mode === 32) return protectedModeState(entry, [], { code: CODE, data: DATA, gdt });
  return longModeState(entry, [], { code: CODE, data: DATA, gdt, cr3: putIdentityMap(layout) });
}
