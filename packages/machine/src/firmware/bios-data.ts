import { RecordWriter } from "../loaders/record.ts";
import { basicMemory, CONVENTIONAL_END } from "../memory-map.ts";
import type { PlacedData } from "../pc-configuration.ts";
import { ROM_SEGMENT, romOffset } from "./bios-rom.ts";

const VECTORS = 256;
const BIOS_DATA_AREA = 0x400;
const COM1 = 0x3f8;
/** Equipment: FPU, mouse, one serial port. */
const EQUIPMENT = 0x0206;
const EXTENDED_KIBIBYTES = 1;

function handlerOf(vector: number): number {
  if (vector === 8) return romOffset("timer");
  if (vector > 8 && vector < 0x10) return romOffset("master");
  if (vector >= 0x70 && vector < 0x78) return romOffset("slave");
  return romOffset(vector >= 0x10 && vector <= 0x1a ? "service" : "ignore");
}

function interruptVectors(): Uint8Array {
  const table = new RecordWriter();
  for (let vector = 0; vector < VECTORS; vector++) table.u16(handlerOf(vector)).u16(ROM_SEGMENT);
  return table.toBytes();
}

/** The interrupt vectors, the BIOS data area and the extended one, as far as they say anything here. */
export function biosData(memory: number): readonly PlacedData[] {
  const area = new RecordWriter()
    .u16(COM1)
    .pad(14)
    .u16(CONVENTIONAL_END >>> 4);
  area.u16(EQUIPMENT).u8(0).u16(basicMemory(memory).lower);
  return [
    { address: 0, data: interruptVectors() },
    { address: BIOS_DATA_AREA, data: area.toBytes() },
    { address: CONVENTIONAL_END, data: Uint8Array.of(EXTENDED_KIBIBYTES) },
  ];
}
