import { placeOf } from "./character-devices.ts";
import { type Properties, type QemuDraft, refuse } from "./draft.ts";

/** A device that `-device` may name, because this PC has it. */
export interface QemuDevice {
  readonly name: string;
  readonly bus: string;
  readonly description: string;
  /** Looks at the properties. Errors: `CommandError` for what this PC cannot be. */
  readonly check: (properties: Properties, value: string, draft: QemuDraft) => void;
}

const EXIT_PORT = 0xf4;
const DEBUG_PORT = 0xe9;

function portOf({ values }: Properties, fallback: number): number {
  return Number(values.get("iobase") ?? fallback);
}

/** Devices in the order in which `-device help` lists them. */
export const QEMU_DEVICES: readonly QemuDevice[] = [
  {
    name: "isa-debug-exit",
    bus: "ISA",
    description: "a write to port 0xf4 ends the run",
    check: (properties, value) => {
      // QEMU's own default is another port; a guest that is told nothing would write there.
      if (portOf(properties, 0x501) !== EXIT_PORT)
        throw refuse("device", value, "the exit port of this PC is 0xf4: iobase=0xf4");
    },
  },
  {
    name: "isa-debugcon",
    bus: "ISA",
    description: "bytes written to port 0xe9 are output",
    check: (properties, value, draft) => {
      if (portOf(properties, DEBUG_PORT) !== DEBUG_PORT)
        throw refuse("device", value, "the debug port of this PC is 0xe9: iobase=0xe9");
      const id = properties.values.get("chardev");
      if (id !== undefined) draft.argv.push(`--debugcon=${placeOf("device", `chardev:${id}`, draft)}`);
    },
  },
  {
    name: "pci-testdev",
    bus: "PCI",
    description: "memory and ports of a PCI test device",
    check: (_properties, _value, draft) => draft.argv.push("--device=pci-testdev"),
  },
  {
    name: "hyperv-testdev",
    bus: "ISA",
    description: "port of kvm-unit-tests' device for Hyper-V's synthetic interrupts",
    check: (_properties, _value, draft) => draft.argv.push("--device=hyperv-testdev"),
  },
  { name: "pc-testdev", bus: "ISA", description: "ports of kvm-unit-tests' test device", check: () => {} },
];

/** `-device`: what the PC has anyway is accepted, anything else refused. */
export function device(value: string, properties: Properties, draft: QemuDraft): void {
  const found = QEMU_DEVICES.find(({ name }) => name === (properties.first ?? properties.values.get("driver")));
  if (found === undefined)
    throw refuse(
      "device",
      value,
      `this PC has no such device; it has ${QEMU_DEVICES.map(({ name }) => name).join(", ")}`,
    );
  found.check(properties, value, draft);
}
