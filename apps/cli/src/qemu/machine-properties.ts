import { type QemuDraft, readProperties, refuse } from "./draft.ts";

/** Accelerators that mean: interpret or translate, as is done here. */
const SOFTWARE = new Set(["tcg", "tcg,thread=single", "tcg,thread=multi"]);

/** Properties of a machine that decide nothing here. */
const IRRELEVANT = new Set([
  "kernel-irqchip",
  "dump-guest-core",
  "mem-merge",
  "graphics",
  "usb",
  "smm",
  "suppress-vmdesc",
  "vmport",
  "nvdimm",
  "default-bus-bypass-iommu",
]);

/** Devices that `-machine` can leave out, which stay here. */
const STAYS: Readonly<Record<string, string>> = {
  pit: "the 8254",
  pic: "the 8259s",
  hpet: "the HPET",
  i8042: "the keyboard controller",
  acpi: "ACPI",
  sata: "the absence of disks",
};

/** `-accel`, and `accel=` of `-machine`. `flag` is how it was written, up to the value. */
export function accelerator(flag: string, value: string, draft: QemuDraft): void {
  const name = value.split(":")[0] ?? "";
  if (!SOFTWARE.has(name) && !SOFTWARE.has(name.split(",")[0] ?? ""))
    draft.notes.push(`-${flag}${value}: every processor is simulated; there is no accelerator`);
}

/** `-machine` and `-M`. */
export function machine(value: string, draft: QemuDraft): void {
  const { first, values } = readProperties(value);
  const type = first ?? values.get("type");
  if (type !== undefined && type !== "") machineType(type, value, draft);
  for (const [property, setting] of values) {
    if (property === "type" || IRRELEVANT.has(property)) continue;
    if (property === "accel") accelerator("machine accel=", setting, draft);
    else if (property in STAYS) stays(property, setting, draft);
    else throw refuse("machine", value, `property "${property}" is not understood`);
  }
}

function machineType(type: string, value: string, draft: QemuDraft): void {
  if (type === "pc" || type.startsWith("pc-i440fx")) return;
  if (type === "q35" || type.startsWith("pc-q35"))
    draft.notes.push(`-machine ${type}: this PC is laid out as QEMU's pc, without PCI Express`);
  else throw refuse("machine", value, "the machine is a pc; there is no other");
}

function stays(property: string, setting: string, draft: QemuDraft): void {
  if (setting === "off") draft.notes.push(`-machine ${property}=off: ${STAYS[property]} stays`);
}
