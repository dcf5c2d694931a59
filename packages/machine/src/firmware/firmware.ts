import { acpiTables } from "../acpi/tables.ts";
import type { FirmwareProfile } from "../boot-state.ts";
import type { BootPlan } from "../loaders/boot-plan.ts";
import type { BootRequest } from "../loaders/boot-request.ts";
import type { Pc } from "../pc.ts";
import type { DirectBoot, PcConfiguration } from "../pc-configuration.ts";
import { biosData } from "./bios-data.ts";
import { BIOS_ROM } from "./bios-rom.ts";

/** Puts into memory what firmware has there before it starts an image: ACPI tables, the BIOS and its data. */
export function installFirmware(
  profile: FirmwareProfile,
  configuration: PcConfiguration,
  write: (address: number, data: Uint8Array) => void,
): void {
  if (profile === "none") return;
  const pieces = [...acpiTables(configuration.processors), ...BIOS_ROM, ...biosData(configuration.memory)];
  for (const { address, data } of pieces) write(address, data);
}

/** The 8259s with the vectors of real mode, what firmware uses unmasked, the lines of PCI by level; the 8254 at 18.2 Hz. */
const PORT_WRITES = [
  [0x20, 0x11],
  [0x21, 0x08],
  [0x21, 0x04],
  [0x21, 0x01],
  [0xa0, 0x11],
  [0xa1, 0x70],
  [0xa1, 0x02],
  [0xa1, 0x01],
  [0x4d1, 0x0c],
  [0x21, 0xb8],
  [0xa1, 0x8e],
  [0x43, 0x34],
  [0x40, 0x00],
  [0x40, 0x00],
] as const;

/** Tells the PC what it is and leaves its devices as firmware does. */
export function initializeDevices(profile: FirmwareProfile, configuration: PcConfiguration, pc: Pc): void {
  pc.describe(configuration);
  if (profile !== "none") for (const [port, value] of PORT_WRITES) pc.writePort(port, 1, value);
}

/** What the PC says of an image that has been loaded. */
export function directBoot(request: BootRequest, plan: BootPlan): DirectBoot {
  const initrd = request.modules?.[0]?.data;
  return {
    kernel: request.image,
    address: plan.pieces[0]?.address ?? 0,
    entry: plan.state.rip,
    commandLine: request.commandLine ?? "",
    ...(initrd === undefined ? {} : { initrd }),
  };
}
