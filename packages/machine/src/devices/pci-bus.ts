import { type Device, type MmioRange, readLanes, writeLanes } from "./device.ts";
import { PCI_FUNCTIONS, type PciFunctionDef, TEST_FUNCTION } from "./pci-functions-table.ts";
import { PciTestDevice } from "./pci-test-device.ts";
import type { PortWindow } from "./port-space.ts";

const ADDRESS_PORT = 0xcf8;
const DATA_PORT = 0xcfc;
const ENABLE = 0x80000000;
const CONFIGURATION_REGISTERS = 64;

const COMMAND = 0x04;
const COMMAND_IO = 1;
const COMMAND_MEMORY = 2;
const MEMORY_BAR = 0x10;
const PORT_BAR = 0x14;
const PORT_BAR_SIZE = 0x100;
const MEMORY_BAR_SIZE = 0x1000;

/** The part of physical memory that the host bridge passes on to PCI. */
export const PCI_MEMORY = { base: 0xfe000000, size: 0xc00000 } as const;

function initialRegisters(def: PciFunctionDef): number[] {
  return Array.from({ length: CONFIGURATION_REGISTERS }, (_, at) => def.registers[at * 4] ?? 0);
}

/**
 * PCI bus 0 behind configuration mechanism 1, and what its base address registers decode. Only the test device has any; it is there when
 * it is asked for.
 */
export class PciBus implements Device {
  readonly ports = [
    [ADDRESS_PORT, ADDRESS_PORT + 3, 4],
    [DATA_PORT, DATA_PORT + 3, 4],
  ] as const;
  readonly state = {
    address: 0,
    functions: [...PCI_FUNCTIONS, TEST_FUNCTION].map(initialRegisters),
    hasTestDevice: false,
  };
  readonly testDevice = new PciTestDevice();
  /** Memory of PCI devices. */
  readonly range: MmioRange = {
    ...PCI_MEMORY,
    handler: {
      read: (offset, size) => {
        const at = this.memoryOffset(offset);
        return at < 0 ? -1 : this.testDevice.read(at, size);
      },
      write: (offset, size, value) => {
        const at = this.memoryOffset(offset);
        if (at >= 0) this.testDevice.write("mmio", at, size, value);
      },
    },
  };
  /** Ports of PCI devices. */
  readonly portWindow: PortWindow = {
    contains: (port) => this.portOffset(port) >= 0,
    read: (port) => this.testDevice.read(this.portOffset(port), 1),
    write: (port, value) => this.testDevice.write("portio", this.portOffset(port), 1, value),
  };

  /** The base address in a register of the test device, if its command register enables it. */
  private baseOf(register: number, enable: number): number {
    const registers = this.state.functions[PCI_FUNCTIONS.length]!;
    if (!this.state.hasTestDevice || (registers[COMMAND / 4]! & enable) === 0) return -1;
    return (registers[register / 4]! & ~15) >>> 0;
  }

  private memoryOffset(offset: number): number {
    const base = this.baseOf(MEMORY_BAR, COMMAND_MEMORY);
    const at = PCI_MEMORY.base + offset - base;
    return base >= 0 && at >= 0 && at < MEMORY_BAR_SIZE ? at : -1;
  }

  private portOffset(port: number): number {
    const base = this.baseOf(PORT_BAR, COMMAND_IO);
    return base >= 0 && port >= base && port < base + PORT_BAR_SIZE ? port - base : -1;
  }

  read(port: number, size: number): number {
    if (port < DATA_PORT) return size === 4 ? this.state.address : -1;
    const registers = this.state.functions[this.selected()];
    return registers === undefined ? -1 : readLanes(registers[this.register]!, port, size);
  }

  write(port: number, size: number, value: number): void {
    if (port >= DATA_PORT) this.writeRegister(port, size, value);
    else if (size === 4) this.state.address = (value & 0x80fffffc) >>> 0;
  }

  private get register(): number {
    return (this.state.address >>> 2) & 63;
  }

  private selected(): number {
    const { address, hasTestDevice } = this.state;
    if ((address & ENABLE) === 0 || ((address >>> 16) & 0xff) !== 0) return -1;
    const isSelected = (def: PciFunctionDef) => ((def.slot << 3) | def.function) === ((address >>> 8) & 0xff);
    if (hasTestDevice && isSelected(TEST_FUNCTION)) return PCI_FUNCTIONS.length;
    return PCI_FUNCTIONS.findIndex(isSelected);
  }

  private writeRegister(port: number, size: number, value: number): void {
    const index = this.selected();
    const registers = this.state.functions[index];
    if (registers === undefined) return;
    const def = PCI_FUNCTIONS[index] ?? TEST_FUNCTION;
    const at = this.register;
    const mask = def.writable[at * 4] ?? 0;
    const written = writeLanes(registers[at]!, port, size, value);
    registers[at] = ((registers[at]! & ~mask) | (written & mask)) >>> 0;
  }
}
