import { FRAME_MMIO, FRAME_UNBACKED, type MmioHandler, PhysicalMemory } from "@hvdiff/cpu";
import { hostAddress, isGuestRam, PAGE } from "../host-layout.ts";

interface DeviceRange {
  readonly base: number;
  readonly size: number;
  readonly handler: MmioHandler;
}

/**
 * The physical memory of a client that stands on another: what the one below gives its guest, by guest-physical address. Its frames are
 * those of the one below, so that each byte is there once.
 */
export class ClientMemory extends PhysicalMemory {
  private readonly below: PhysicalMemory;
  private readonly ram: number;
  private readonly devices: DeviceRange[] = [];

  /** @param ram bytes of RAM that the one below gives */
  constructor(below: PhysicalMemory, ram: number) {
    super(below.processors, below.poolBytes, below.share());
    this.below = below;
    this.ram = ram;
    this.onCodeFrame = below.onCodeFrame;
    this.gateFrames = below.gateFrames;
  }

  /** What this client's guest accesses and it emulates itself. */
  override addMmio(base: number, size: number, handler: MmioHandler): void {
    this.devices.push({ base, size, handler });
  }

  override isRam(frame: number): boolean {
    return isGuestRam(frame * PAGE, this.ram);
  }

  override mmioAt(frame: number): { handler: MmioHandler; offset: number } | undefined {
    const address = frame * PAGE;
    const device = this.devices.find(({ base, size }) => address >= base && address < base + size);
    return device && { handler: device.handler, offset: address - device.base };
  }

  private belowFrame(frame: number): number {
    return hostAddress(frame * PAGE, this.ram) / PAGE;
  }

  override frameOffset(frame: number): number {
    if (this.isRam(frame)) return this.below.frameOffset(this.belowFrame(frame));
    return this.mmioAt(frame) === undefined ? FRAME_UNBACKED : FRAME_MMIO;
  }

  override touchedOffset(frame: number): number {
    return this.isRam(frame) ? this.below.touchedOffset(this.belowFrame(frame)) : FRAME_UNBACKED;
  }
}
