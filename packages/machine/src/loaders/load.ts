import { MemoryExhausted } from "@hvdiff/cpu";
import { FIRMWARE_START } from "../memory-map.ts";
import { BootLayout, type RootPointer } from "./boot-layout.ts";
import type { BootPlan } from "./boot-plan.ts";
import type { BootProtocol, BootRequest } from "./boot-request.ts";
import { isElf, parseElf, type Segment } from "./elf.ts";
import { FileView } from "./file-view.ts";
import { planFlat } from "./flat.ts";
import { describeFile } from "./image-kind.ts";
import { planLinux } from "./linux.ts";
import { isLinux } from "./linux-header.ts";
import { LoadError } from "./load-error.ts";
import { findMultibootHeader, planMultiboot } from "./multiboot.ts";
import { planMultiboot2 } from "./multiboot2.ts";
import { findMultiboot2Header } from "./multiboot2-header.ts";
import { hasPvhEntry, planPvh } from "./pvh.ts";

/** Guest-physical memory of L1, wherever that lies. */
export interface GuestMemory {
  /** Bytes of RAM. */
  readonly size: number;
  read(address: number, length: number): Uint8Array;
  write(address: number, data: Uint8Array): void;
}

const PLANS: Readonly<Record<BootProtocol, (request: BootRequest, layout: BootLayout) => BootPlan>> = {
  multiboot: planMultiboot,
  multiboot2: planMultiboot2,
  pvh: planPvh,
  linux: planLinux,
  flat: planFlat,
};

/**
 * Puts an image and everything its boot protocol wants into guest memory, and says in which state to start it.
 * Errors: `LoadError` when the image cannot be booted so, or does not fit.
 */
export function loadImage(request: BootRequest, memory: GuestMemory): BootPlan {
  const plan = planBoot(request, memory.size, () => findRootPointer(memory));
  try {
    place(plan.pieces, memory);
  } catch (error) {
    if (!(error instanceof MemoryExhausted)) throw error;
    throw new LoadError(`image, modules and boot structures do not fit the bound on memory: ${error.message}`);
  }
  return plan;
}

/** What goes where, before anything is written. Errors: `LoadError`. */
export function planBoot(
  request: BootRequest,
  memorySize: number,
  findRootPointer: () => RootPointer | null,
): BootPlan {
  if (request.image.length === 0) throw new LoadError("empty file");
  const protocol = request.protocol ?? protocolOf(request);
  return PLANS[protocol](request, new BootLayout(memorySize, findRootPointer));
}

/** The protocol that an image is made for, in the order in which QEMU looks, and multiboot 2, which QEMU does not know. */
function protocolOf(request: BootRequest): BootProtocol {
  const { image } = request;
  if (request.entry !== undefined || request.loadAddress !== undefined || request.mode !== undefined) return "flat";
  const view = new FileView(image);
  if (isLinux(view)) return "linux";
  if (findMultibootHeader(view) >= 0) return "multiboot";
  if (findMultiboot2Header(view) >= 0) return "multiboot2";
  if (hasPvhEntry(image)) return "pvh";
  const wanted = "no multiboot header, no PVH entry point";
  if (isElf(image))
    throw new LoadError(`ELF${parseElf(image).layout.bits} with ${wanted}; an entry point starts it without`);
  throw new LoadError(
    `neither ELF, multiboot nor Linux: ${describeFile(image)}; an entry point starts it as a flat binary`,
  );
}

/** Memory is zero before. Only a segment's zeros over an earlier segment's bytes need to be written. */
function place(pieces: readonly Segment[], memory: GuestMemory): void {
  pieces.forEach((piece, index) => {
    memory.write(piece.address, piece.data);
    const zeroFrom = piece.address + piece.data.length;
    const zeroTo = piece.address + piece.size;
    for (const earlier of zeroTo > zeroFrom ? pieces.slice(0, index) : []) {
      const from = Math.max(zeroFrom, earlier.address);
      const to = Math.min(zeroTo, earlier.address + earlier.data.length);
      if (to > from) memory.write(from, new Uint8Array(to - from));
    }
  });
}

const SIGNATURE = "RSD PTR ";
const ACPI_1_SIZE = 20;
const REVISION = 15;
const MOST_BYTES = 64;

/** The root pointer that firmware left below 1 MiB. (ACPI "Finding the RSDP on IA-PC Systems") */
function findRootPointer(memory: GuestMemory): RootPointer | null {
  for (let address = FIRMWARE_START; address < 0x100000; address += 16) {
    const head = memory.read(address, ACPI_1_SIZE);
    if (String.fromCharCode(...head.subarray(0, SIGNATURE.length)) !== SIGNATURE) continue;
    const size = head[REVISION]! >= 2 ? (memory.read(address + ACPI_1_SIZE, 1)[0] ?? 0) : ACPI_1_SIZE;
    return { address, bytes: memory.read(address, Math.min(Math.max(size, ACPI_1_SIZE), MOST_BYTES)) };
  }
  return null;
}
