/** The port I/O side of the processor's bus. Values are unsigned; unclaimed ports read as all ones. */
export interface Bus {
  /** @param size 1, 2 or 4 bytes */
  readPort(port: number, size: number): number;
  writePort(port: number, size: number, value: number): void;
  /** The interrupt controller gives the vector of the interrupt that is being taken, and considers it in service. */
  acknowledgeInterrupt(): number;
}

/** Is told of a load or store that has succeeded: linear address in halves, and size in bytes. */
export type AccessWatcher = (low: number, high: number, size: number, isWrite: boolean) => void;

/** Receives what a run does. The processor reports only what a guest could notice. */
export interface TraceSink {
  /** @param data flat values; 64-bit ones as "0x…" strings */
  event(kind: string, data: Record<string, string | number | boolean>): void;
}
