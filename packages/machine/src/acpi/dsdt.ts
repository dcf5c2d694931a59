import { HPET_BASE } from "../devices/hpet.ts";
import { PCI_MEMORY } from "../devices/pci-bus.ts";
import { SLEEP_TYPES } from "../devices/power-management.ts";
import {
  type Aml,
  aPackage,
  device,
  eisaId,
  integer,
  irqResource,
  memoryResource,
  name,
  portResource,
  resources,
  scope,
  text,
  windowResource,
} from "./aml.ts";

function sleepState(of: string, type: number): Aml {
  return name(`\\${of}`, aPackage(integer(type), integer(type), integer(0), integer(0)));
}

function isaDevice(of: string, id: string, ...descriptors: readonly Aml[]): Aml {
  return device(of, name("_HID", eisaId(id)), name("_CRS", resources(...descriptors)));
}

const ISA_BRIDGE = device(
  "ISA",
  name("_ADR", integer(0x10000)),
  isaDevice("RTC", "PNP0B00", portResource(0x70, 2), irqResource(8)),
  isaDevice("TIMR", "PNP0100", portResource(0x40, 4), irqResource(0)),
  isaDevice("KBD", "PNP0303", portResource(0x60, 1), portResource(0x64, 1), irqResource(1)),
  isaDevice("MOU", "PNP0F13", irqResource(12)),
  device(
    "COM1",
    name("_HID", eisaId("PNP0501")),
    name("_UID", integer(1)),
    name("_CRS", resources(portResource(0x3f8, 8), irqResource(4))),
  ),
);

const PCI_ROOT = device(
  "PCI0",
  name("_HID", eisaId("PNP0A03")),
  name("_BBN", integer(0)),
  name(
    "_CRS",
    resources(
      windowResource("buses", 0, 0xff),
      portResource(0xcf8, 8),
      windowResource("ports", 0, 0xcf7),
      windowResource("ports", 0xd00, 0xffff),
      windowResource("memory", 0xa0000, 0xbffff),
      windowResource("memory", PCI_MEMORY.base, PCI_MEMORY.base + PCI_MEMORY.size - 1),
    ),
  ),
  ISA_BRIDGE,
);

const HPET = device("HPET", name("_HID", eisaId("PNP0103")), name("_CRS", resources(memoryResource(HPET_BASE, 0x400))));

function processor(index: number): Aml {
  const of = `C${index.toString(16).toUpperCase().padStart(3, "0")}`;
  return device(of, name("_HID", text("ACPI0007")), name("_UID", integer(index)));
}

/** The differentiated system description: sleep states, the PCI root with its ISA devices, the HPET, the processors. */
export function dsdtTerms(processors: number): readonly Aml[] {
  return [
    sleepState("_S3", SLEEP_TYPES.s3),
    sleepState("_S4", SLEEP_TYPES.s4),
    sleepState("_S5", SLEEP_TYPES.s5),
    scope("\\_SB", PCI_ROOT, HPET, ...Array.from({ length: processors }, (_, index) => processor(index))),
  ];
}
