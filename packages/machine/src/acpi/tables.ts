import { HPET_BASE, HPET_CAPABILITIES } from "../devices/hpet.ts";
import { TIMER_PIN } from "../devices/interrupt-lines.ts";
import { IO_APIC_BASE } from "../devices/io-apic.ts";
import { ACPI_DISABLE, ACPI_ENABLE, APM_PORT, GPE_BASE, GPE_BYTES, PM_BASE } from "../devices/power-management.ts";
import { RESET_CONTROL_PORT, RESET_HARD } from "../devices/system-control.ts";
import { RecordWriter } from "../loaders/record.ts";
import { FIRMWARE_START } from "../memory-map.ts";
import type { PlacedData } from "../pc-configuration.ts";
import { dsdtTerms } from "./dsdt.ts";

const LOCAL_APIC_BASE = 0xfee00000;
const SYSTEM_CONTROL_IRQ = 9;
const CENTURY_IN_CMOS = 0x32;
/** Lines whose interrupts are level triggered and active high: those that PCI may use, and the system control interrupt. */
const LEVEL_LINES = [5, 9, 10, 11];
const LEVEL_ACTIVE_HIGH = 0x0d;

const HEADER_BYTES = 36;
const CHECKSUM_AT = 9;
const FACS_ALIGNMENT = 64;
const TABLE_ALIGNMENT = 16;

/** Makes the bytes of the range add up to zero by the byte at `at`. */
function balance(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = 0;
  bytes[at] = -bytes.subarray(0, length).reduce((sum, byte) => sum + byte, 0);
}

/** A system description table: its header in front of the body. (ACPI "System Description Table Header") */
function table(signature: string, revision: number, body: RecordWriter): Uint8Array {
  const bytes = new RecordWriter()
    .ascii(signature)
    .u32(HEADER_BYTES + body.length)
    .u8(revision)
    .u8(0)
    .ascii("HVDIFF")
    .ascii("HVDIFFPC")
    .u32(1)
    .ascii("HVDF")
    .u32(1)
    .bytes(body.toBytes())
    .toBytes();
  balance(bytes, CHECKSUM_AT, bytes.length);
  return bytes;
}

interface Register {
  readonly port: number;
  readonly bytes: number;
}

const NO_REGISTER: Register = { port: 0, bytes: 0 };
const EVENTS: Register = { port: PM_BASE, bytes: 4 };
const CONTROL: Register = { port: PM_BASE + 4, bytes: 2 };
const TIMER: Register = { port: PM_BASE + 8, bytes: 4 };
const GPE: Register = { port: GPE_BASE, bytes: GPE_BYTES };
const RESET: Register = { port: RESET_CONTROL_PORT, bytes: 1 };

const SYSTEM_IO = 1;

/** A generic address structure; all zeros for a register that is not there. */
function genericAddress(writer: RecordWriter, { port, bytes }: Register): void {
  writer
    .u8(port === 0 ? 0 : SYSTEM_IO)
    .u8(bytes * 8)
    .u16(0)
    .u64(port);
}

/** Latencies that say: no such processor state. */
const NO_C2 = 0xfff;
const NO_C3 = 0xfff;
/** Legacy devices and an 8042 are there, no VGA. */
const BOOT_ARCHITECTURE = 0x07;
/** WBINVD works, C1, no sleep button, the RTC wakes from S4, the reset register is there. */
const FIXED_FEATURES = 0x4a5;

/** The fixed description table, revision 3. (ACPI "Fixed ACPI Description Table (FADT)") */
function fadt(facs: number, dsdt: number): Uint8Array {
  const body = new RecordWriter().u32(facs).u32(dsdt).u8(1).u8(0).u16(SYSTEM_CONTROL_IRQ).u32(APM_PORT);
  body.u8(ACPI_ENABLE).u8(ACPI_DISABLE).u16(0);
  for (const { port } of [EVENTS, NO_REGISTER, CONTROL, NO_REGISTER, NO_REGISTER, TIMER, GPE, NO_REGISTER])
    body.u32(port);
  for (const { bytes } of [EVENTS, CONTROL, NO_REGISTER, TIMER, GPE, NO_REGISTER]) body.u8(bytes);
  body.u16(0).u16(NO_C2).u16(NO_C3).u32(0).u32(0).u8(CENTURY_IN_CMOS).u16(BOOT_ARCHITECTURE).u8(0);
  body.u32(FIXED_FEATURES);
  genericAddress(body, RESET);
  body.u8(RESET_HARD).u8(0).u16(0).u64(facs).u64(dsdt);
  for (const register of [EVENTS, NO_REGISTER, CONTROL, NO_REGISTER, NO_REGISTER, TIMER, GPE, NO_REGISTER])
    genericAddress(body, register);
  return table("FACP", 3, body);
}

const ENABLED = 1;
const HAS_8259 = 1;
/** From here on an APIC id needs the entry for x2APICs. */
const X2APIC_IDS = 255;

/** The interrupt controllers. (ACPI "Multiple APIC Description Table (MADT)") */
function madt(processors: number): Uint8Array {
  const body = new RecordWriter().u32(LOCAL_APIC_BASE).u32(HAS_8259);
  for (let id = 0; id < processors; id++) {
    if (id < X2APIC_IDS) body.u8(0).u8(8).u8(id).u8(id).u32(ENABLED);
    else body.u8(9).u8(16).u16(0).u32(id).u32(ENABLED).u32(id);
  }
  body.u8(1).u8(12).u8(0).u8(0).u32(IO_APIC_BASE).u32(0);
  body.u8(2).u8(10).u8(0).u8(0).u32(TIMER_PIN).u16(0);
  for (const line of LEVEL_LINES) body.u8(2).u8(10).u8(0).u8(line).u32(line).u16(LEVEL_ACTIVE_HIGH);
  // LINT1 of every processor is NMI.
  body.u8(4).u8(6).u8(0xff).u16(0).u8(1);
  if (processors > X2APIC_IDS) body.u8(10).u8(12).u16(0).u32(0xffffffff).u8(1).u8(0).u16(0);
  return table("APIC", 3, body);
}

/** (IA-PC HPET "The ACPI 2.0 HPET Description Table (HPET)") */
function hpet(): Uint8Array {
  const body = new RecordWriter().u32(HPET_CAPABILITIES).u32(0).u64(HPET_BASE);
  return table("HPET", 1, body.u8(0).u16(0).u8(0));
}

/** The firmware control structure: the waking vector and the global lock, all zero. It has no checksum. */
function facs(): Uint8Array {
  return new RecordWriter().ascii("FACS").u32(64).pad(64).toBytes();
}

function dsdt(processors: number): Uint8Array {
  const body = new RecordWriter();
  for (const term of dsdtTerms(processors)) body.bytes(Uint8Array.from(term));
  return table("DSDT", 2, body);
}

/** (ACPI "Root System Description Pointer (RSDP) Structure") */
function rootPointer(rsdt: number, xsdt: number): Uint8Array {
  const bytes = new RecordWriter()
    .ascii("RSD PTR ")
    .u8(0)
    .ascii("HVDIFF")
    .u8(2)
    .u32(rsdt)
    .u32(36)
    .u64(xsdt)
    .u32(0)
    .toBytes();
  balance(bytes, 8, 20);
  balance(bytes, 32, 36);
  return bytes;
}

const ROOT_POINTER_BYTES = 36;

const TABLES = new Map<number, readonly PlacedData[]>();

/** The ACPI tables of a PC with so many processors, each with its place in the firmware's area below 1 MiB. They are made once. */
export function acpiTables(processors: number): readonly PlacedData[] {
  let tables = TABLES.get(processors);
  if (tables === undefined) {
    tables = createTables(processors);
    TABLES.set(processors, tables);
  }
  return tables;
}

function createTables(processors: number): readonly PlacedData[] {
  const placed: PlacedData[] = [];
  let next = FIRMWARE_START + ROOT_POINTER_BYTES;
  const put = (data: Uint8Array, alignment = TABLE_ALIGNMENT): number => {
    const address = Math.ceil(next / alignment) * alignment;
    placed.push({ address, data });
    next = address + data.length;
    return address;
  };
  const facsAt = put(facs(), FACS_ALIGNMENT);
  const dsdtAt = put(dsdt(processors));
  const tables = [fadt(facsAt, dsdtAt), madt(processors), hpet()].map((bytes) => put(bytes));
  const rsdtBody = new RecordWriter();
  const xsdtBody = new RecordWriter();
  for (const address of tables) {
    rsdtBody.u32(address);
    xsdtBody.u64(address);
  }
  const rsdt = put(table("RSDT", 1, rsdtBody));
  const xsdt = put(table("XSDT", 1, xsdtBody));
  return [{ address: FIRMWARE_START, data: rootPointer(rsdt, xsdt) }, ...placed];
}
