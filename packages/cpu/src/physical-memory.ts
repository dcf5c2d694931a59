import { forgetChangedCode } from "./changed-code.ts";
import { MemoryExhausted, newBuffer } from "./memory-buffer.ts";
import type { MmioHandler, RecycledMemory } from "./memory-types.ts";
import { restoreTaken, type SavedFrames } from "./saved-frames.ts";
import { STATE_BYTES } from "./state-layout.ts";

interface Range {
  readonly base: number;
  readonly size: number;
  readonly mmio: MmioHandler | null;
}

/** What a physical page frame is. A frame number is the physical address shifted right by 12 (below 2^40, exact as a number). */
export const FRAME_UNBACKED = -1;
export const FRAME_MMIO = -2;

const PAGE = 4096;
const RECENT = 256;

/**
 * Physical memory of one machine: the processors' state areas and a pool of page frames in one flat buffer that JavaScript and
 * WebAssembly can both reach. Frames are taken from the pool on first touch, so a large and mostly empty guest costs little.
 *
 * Reads of addresses that nothing backs give FF; writes to them are dropped, as on a PC.
 */
export class PhysicalMemory {
  readonly processors: number;
  readonly poolBytes: number;
  readonly wasm: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The buffer in 32-bit words. */
  readonly words: Int32Array;
  /** For each pool frame: how often code in it was overwritten. Blocks remember the value they were decoded at. */
  readonly codeVersion: Uint32Array;
  /** For each pool frame: which 32-byte chunks hold decoded code, four words per frame; all zero means plain data. */
  readonly codeChunks: Int32Array;
  /** Called when a frame turns from data into code, so that every processor drops write translations for it. */
  onCodeFrame: ((poolOffset: number) => void)[] = [];
  /** Pool frames that hold no code: who fetches from one has come to a client in TypeScript (`StopReason` "gate"). */
  gateFrames = new Set<number>();
  private readonly ranges: Range[] = [];
  private readonly frames = new Map<number, number>();
  /** Numbers of the pool's frames in the order in which they were taken. */
  private readonly taken: number[] = [];
  private nextFree: number;
  private readonly end: number;
  /** Where frames that were asked for lately lie, by the low bits of their number. */
  private readonly recentFrame = new Float64Array(RECENT).fill(-1);
  private readonly recentOffset = new Int32Array(RECENT);

  /**
   * @param processors number of state areas to reserve
   * @param poolBytes capacity of the frame pool; touching more than that throws `MemoryExhausted`
   * @param recycled the buffer of a memory that nobody uses any more; making a new one costs more than clearing what was used
   */
  constructor(processors: number, poolBytes: number, recycled?: RecycledMemory) {
    this.processors = processors;
    this.poolBytes = poolBytes;
    const total = Math.ceil((processors * STATE_BYTES + poolBytes) / 65536) * 65536;
    const fits = recycled !== undefined && recycled.wasm.buffer.byteLength >= total;
    this.wasm = fits ? recycled.wasm : newBuffer(total);
    if (fits) new Uint8Array(this.wasm.buffer, 0, recycled.used).fill(0);
    this.bytes = new Uint8Array(this.wasm.buffer);
    this.view = new DataView(this.wasm.buffer);
    this.words = new Int32Array(this.wasm.buffer);
    this.nextFree = processors * STATE_BYTES;
    this.end = total;
    const frames = this.bytes.length / PAGE;
    this.codeVersion = fits ? recycled.codeVersion : new Uint32Array(frames);
    this.codeChunks = fits ? recycled.codeChunks : new Int32Array(frames * 4);
    if (fits) {
      this.codeVersion.fill(0, 0, recycled.used / PAGE);
      this.codeChunks.fill(0, 0, (recycled.used / PAGE) * 4);
    }
  }

  /** State area of processor `index` as signed 32-bit words. */
  stateOf(index: number): Int32Array {
    return new Int32Array(this.wasm.buffer, index * STATE_BYTES, STATE_BYTES / 4);
  }

  /** Declares RAM at `[base, base + size)`, both page multiples. */
  addRam(base: number, size: number): void {
    this.addRange({ base, size, mmio: null });
  }

  /** Declares a memory-mapped device at `[base, base + size)`, both page multiples. */
  addMmio(base: number, size: number, mmio: MmioHandler): void {
    this.addRange({ base, size, mmio });
  }

  private addRange(range: Range): void {
    if (range.base % PAGE !== 0 || range.size % PAGE !== 0)
      throw new Error(`memory range 0x${range.base.toString(16)} is not page aligned`);
    this.ranges.push(range);
  }

  /** RAM ranges in the order they were declared, for memory maps. */
  ramRanges(): readonly { base: number; size: number }[] {
    return this.ranges.filter((r) => r.mmio === null);
  }

  /** Whether RAM backs the page frame. */
  isRam(frame: number): boolean {
    const range = this.rangeOf(frame * PAGE);
    return range !== undefined && range.mmio === null;
  }

  /** The device behind the page frame, with the frame's offset in its range; undefined for RAM and unbacked frames. */
  mmioAt(frame: number): { handler: MmioHandler; offset: number } | undefined {
    const range = this.rangeOf(frame * PAGE);
    return range?.mmio ? { handler: range.mmio, offset: frame * PAGE - range.base } : undefined;
  }

  private rangeOf(address: number): Range | undefined {
    return this.ranges.findLast(({ base, size }) => address >= base && address < base + size);
  }

  /** Byte offset in the flat buffer of a page frame, allocating RAM on first touch; or `FRAME_UNBACKED` / `FRAME_MMIO`. */
  frameOffset(frame: number): number {
    const slot = frame & (RECENT - 1);
    if (this.recentFrame[slot] === frame) return this.recentOffset[slot]!;
    let offset = this.frames.get(frame);
    if (offset === undefined) {
      const range = this.rangeOf(frame * PAGE);
      if (range === undefined) return FRAME_UNBACKED;
      if (range.mmio !== null) return FRAME_MMIO;
      offset = this.allocate(frame);
    }
    this.recentFrame[slot] = frame;
    this.recentOffset[slot] = offset;
    return offset;
  }

  /** Byte offset of a frame that has been touched; `FRAME_UNBACKED` for all else. Allocates nothing. */
  touchedOffset(frame: number): number {
    return this.frames.get(frame) ?? FRAME_UNBACKED;
  }

  private allocate(frame: number): number {
    if (this.nextFree >= this.end) throw new MemoryExhausted(this.poolBytes);
    const offset = this.nextFree;
    this.nextFree += PAGE;
    this.frames.set(frame, offset);
    this.taken.push(frame);
    return offset;
  }

  /** The same buffer, for another look at it: nothing of it is cleared. */
  share(): RecycledMemory {
    return { wasm: this.wasm, used: 0, codeVersion: this.codeVersion, codeChunks: this.codeChunks };
  }

  /** Gives the buffer away for another memory. This one must not be used afterwards. */
  recycle(): RecycledMemory {
    return { wasm: this.wasm, used: this.nextFree, codeVersion: this.codeVersion, codeChunks: this.codeChunks };
  }

  /** Copies everything but the ranges' device handlers, which the machine's own clone declares again. */
  copyFrom(other: PhysicalMemory): void {
    const devices = this.ranges.filter((range) => range.mmio !== null);
    this.ranges.splice(0, this.ranges.length, ...other.ranges.filter((range) => range.mmio === null), ...devices);
    this.bytes.set(other.bytes.subarray(0, other.nextFree));
    this.frames.clear();
    for (const [frame, offset] of other.frames) this.frames.set(frame, offset);
    this.taken.splice(0, this.taken.length, ...other.taken);
    this.nextFree = other.nextFree;
    this.recentFrame.fill(-1);
  }

  /** What lies in the frames in use, for `restoreFrames`. */
  saveFrames(): SavedFrames {
    return { bytes: this.bytes.slice(this.processors * STATE_BYTES, this.nextFree), taken: [...this.taken] };
  }

  /** Makes the frames hold what they held. Those that were taken since are given back. Processors have to look up everything anew. */
  restoreFrames({ bytes, taken }: SavedFrames): void {
    const first = this.processors * STATE_BYTES;
    const end = first + bytes.length;
    forgetChangedCode(this, { first, end: this.nextFree }, bytes);
    this.bytes.set(bytes, first);
    if (end < this.nextFree) this.bytes.fill(0, end, this.nextFree);
    this.nextFree = end;
    restoreTaken(this.taken, this.frames, { taken, first });
    this.recentFrame.fill(-1);
  }

  /** Bytes of frames in use. */
  get usedBytes(): number {
    return this.nextFree - this.processors * STATE_BYTES;
  }

  // --- Access by physical address, for devices, loaders, root-mode clients and page walks. ---

  read8(address: number): number {
    const offset = this.frameOffset(Math.floor(address / PAGE));
    return offset < 0 ? 0xff : this.bytes[offset + (address % PAGE)]!;
  }

  write8(address: number, value: number): void {
    const offset = this.frameOffset(Math.floor(address / PAGE));
    if (offset < 0) return;
    const at = offset + (address % PAGE);
    this.noteStore(at, 1);
    this.bytes[at] = value;
  }

  /** Signed 32-bit word at a naturally aligned physical address; -1 where nothing is. */
  read32(address: number): number {
    const offset = this.frameOffset(Math.floor(address / PAGE));
    return offset < 0 ? -1 : this.view.getInt32(offset + (address % PAGE), true);
  }

  write32(address: number, value: number): void {
    const offset = this.frameOffset(Math.floor(address / PAGE));
    if (offset < 0) return;
    const at = offset + (address % PAGE);
    this.noteStore(at, 4);
    this.view.setInt32(at, value, true);
  }

  read64(address: number): bigint {
    return (
      BigInt.asUintN(32, BigInt(this.read32(address))) | (BigInt.asUintN(32, BigInt(this.read32(address + 4))) << 32n)
    );
  }

  write64(address: number, value: bigint): void {
    this.write32(address, Number(BigInt.asIntN(32, value)));
    this.write32(address + 4, Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** Bytes at a physical address, crossing pages as needed. */
  readBytes(address: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.read8(address + i);
    return out;
  }

  writeBytes(address: number, data: Uint8Array): void {
    let done = 0;
    while (done < data.length) {
      const at = address + done;
      const run = Math.min(data.length - done, PAGE - (at % PAGE));
      const offset = this.frameOffset(Math.floor(at / PAGE));
      if (offset >= 0) {
        this.noteStore(offset + (at % PAGE), run);
        this.bytes.set(data.subarray(done, done + run), offset + (at % PAGE));
      }
      done += run;
    }
  }

  // --- Code tracking. ---

  /** Marks buffer bytes `[at, at + length)`, within one frame, as decoded code. */
  markCode(at: number, length: number): void {
    const frame = at >>> 12;
    const base = frame * 4;
    const chunks = this.codeChunks;
    const wasData = (chunks[base]! | chunks[base + 1]! | chunks[base + 2]! | chunks[base + 3]!) === 0;
    const first = (at & 0xfff) >>> 5;
    const last = ((at & 0xfff) + length - 1) >>> 5;
    for (let chunk = first; chunk <= last; chunk++) chunks[base + (chunk >>> 5)]! |= 1 << (chunk & 31);
    if (wasData) for (const notify of this.onCodeFrame) notify(frame * PAGE);
  }

  /** Whether the frame at this buffer offset holds decoded code, so that stores to it must be looked at. */
  holdsCode(at: number): boolean {
    const base = (at >>> 12) * 4;
    const chunks = this.codeChunks;
    return (chunks[base]! | chunks[base + 1]! | chunks[base + 2]! | chunks[base + 3]!) !== 0;
  }

  /** Whether a store to buffer bytes `[at, at + length)` would overwrite decoded code. */
  hitsCode(at: number, length: number): boolean {
    if (!this.holdsCode(at)) return false;
    const base = (at >>> 12) * 4;
    const first = (at & 0xfff) >>> 5;
    const last = Math.min(127, ((at & 0xfff) + length - 1) >>> 5);
    for (let chunk = first; chunk <= last; chunk++) {
      if (((this.codeChunks[base + (chunk >>> 5)]! >>> (chunk & 31)) & 1) !== 0) return true;
    }
    return false;
  }

  /** Tells the memory of a store to buffer bytes `[at, at + length)`; returns true if decoded code was hit. */
  noteStore(at: number, length: number): boolean {
    if (!this.hitsCode(at, length)) return false;
    this.forgetCode(at);
    return true;
  }

  /** Whatever was decoded in the frame at this buffer offset does not hold any more. */
  forgetCode(at: number): void {
    const frame = at >>> 12;
    this.codeChunks.fill(0, frame * 4, frame * 4 + 4);
    this.codeVersion[frame]!++;
  }
}
