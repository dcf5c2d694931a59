/** How an interrupt message is to be taken (SDM 3A "Interrupt Command Register (ICR)", "Local Vector Table"). */
export const DELIVERY = {
  fixed: 0,
  lowestPriority: 1,
  smi: 2,
  nmi: 4,
  init: 5,
  startUp: 6,
  externalInterrupt: 7,
} as const;

/** An interrupt on its way to local APICs: from an I/O APIC, a device's MSI, or another processor. */
export interface InterruptMessage {
  readonly vector: number;
  /** One of `DELIVERY`. */
  readonly deliveryMode: number;
  /** APIC id, or a logical destination. */
  readonly destination: number;
  readonly logical: boolean;
  readonly levelTriggered: boolean;
}
