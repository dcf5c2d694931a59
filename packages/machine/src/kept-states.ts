import { plainCopy } from "./plain-copy.ts";

/** Devices' states, in the order of the parts of a PC. */
export type SavedPc = readonly object[];

interface Part {
  readonly state: object;
}

/** Copies of devices' states that are made only where something has touched a device since the last one. */
export class KeptStates {
  /** How often a device may have changed. */
  private changes = 0;
  private kept: { readonly changes: number; readonly saved: SavedPc } | null = null;

  touch(): void {
    this.changes++;
  }

  save(parts: readonly Part[]): SavedPc {
    if (this.kept?.changes !== this.changes)
      this.kept = { changes: this.changes, saved: parts.map(({ state }) => plainCopy(state)) };
    return this.kept.saved;
  }

  /** False where the devices are as they were. */
  restore(parts: readonly Part[], saved: SavedPc): boolean {
    if (this.kept?.saved === saved && this.kept.changes === this.changes) return false;
    saved.forEach((state, at) => {
      Object.assign(parts[at]!.state, plainCopy(state));
    });
    this.kept = { changes: ++this.changes, saved };
    return true;
  }
}
