import type { PhysicalMemory, RecycledMemory } from "@hvdiff/cpu";

/** The buffer of one machine's memory, for the next machine: making a new one costs more than clearing what was used. */
export class ReusedMemory {
  private recycled: RecycledMemory | null = null;

  /** Part of the settings of a machine. Who fails does not give it back: nobody knows then what is in it. */
  take(): { readonly recycled?: RecycledMemory } {
    const { recycled } = this;
    this.recycled = null;
    return recycled === null ? {} : { recycled };
  }

  /** The machine with this memory is done with. */
  giveBack(memory: PhysicalMemory): void {
    this.recycled = memory.recycle();
  }
}
