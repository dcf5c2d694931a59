import type { PcConfiguration } from "../pc-configuration.ts";
import type { Device } from "./device.ts";
import { fwCfgItems } from "./fw-cfg-items.ts";

const SELECTOR_PORT = 0x510;

/** QEMU's firmware configuration device: a selector at port 0x510, the selected item's bytes one after another at 0x511. */
export class FwCfg implements Device {
  readonly ports = [[SELECTOR_PORT, SELECTOR_PORT + 1, 2]] as const;
  readonly state = { selected: 0, offset: 0 };
  private items: ReadonlyMap<number, Uint8Array>;

  constructor(configuration: PcConfiguration) {
    this.items = fwCfgItems(configuration);
  }

  /** Says what PC it is. */
  describe(configuration: PcConfiguration): void {
    this.items = fwCfgItems(configuration);
  }

  /** Behind its end, and where there is none, an item is zeros. */
  read(_port: number, size: number): number {
    if (size !== 1) return -1;
    return this.items.get(this.state.selected)?.[this.state.offset++] ?? 0;
  }

  /** Writing data is a thing of the past. */
  write(port: number, size: number, value: number): void {
    if (size !== 2 || port !== SELECTOR_PORT) return;
    this.state.selected = value;
    this.state.offset = 0;
  }
}
