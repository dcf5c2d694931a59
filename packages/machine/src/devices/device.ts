/**
 * A port device of the PC. Its `state` is plain data: a clone of the machine copies it and nothing else.
 */
export interface Device {
  readonly state: object;
  /** Inclusive port ranges. */
  readonly ports: readonly (readonly [number, number])[];
  /** @param size 1, 2 or 4 bytes */
  read(port: number, size: number): number;
  write(port: number, size: number, value: number): void;
}
