import type { PhysicalMemory } from "@hvdiff/cpu";
import {
  EVMCS_ALL_CLEAN,
  EVMCS_CLEAN_FIELDS,
  EVMCS_FIELDS,
  EVMCS_OFFSETS,
  type EvmcsCleanField,
  fieldIndex,
  VMCS_FIELDS,
} from "@hvdiff/spec";
import type { MemoryVmcs } from "@hvdiff/vmx";

/** One field as it is copied. */
interface Copy {
  readonly index: number;
  readonly offset: number;
  readonly bytes: 2 | 4 | 8;
  /** Bit of its group in the clean-fields word; 0: copied at every entry. */
  readonly clean: number;
  /** Only exits write it. */
  readonly isInformation: boolean;
}

const COPIES: readonly Copy[] = EVMCS_FIELDS.map(({ field, offset, bytes, clean }) => ({
  index: fieldIndex(field),
  offset,
  bytes,
  clean: clean === null ? 0 : 1 << EVMCS_CLEAN_FIELDS[clean],
  isInformation: VMCS_FIELDS[field].type === "readOnly",
}));
const ENTERED = COPIES.filter(({ isInformation }) => !isInformation);
/** Groups of controls that exits change: events are over, and "IA-32e mode guest" follows the guest. */
const CHANGED_BY_EXITS: readonly (EvmcsCleanField | null)[] = ["controlProcessor", "controlEntry", "controlEvent"];
const LEFT = EVMCS_FIELDS.filter(
  ({ field, clean }) => ["guest", "readOnly"].includes(VMCS_FIELDS[field].type) || CHANGED_BY_EXITS.includes(clean),
).map(({ field }) => COPIES.find(({ index }) => index === fieldIndex(field))!);
const BY_INDEX: ReadonlyMap<number, Copy> = new Map(COPIES.map((copy) => [copy.index, copy]));

/** An enlightened VMCS in L1's memory. */
export class EvmcsPage {
  private readonly memory: PhysicalMemory;
  /** Host-physical address of the page. */
  private readonly page: number;

  constructor(memory: PhysicalMemory, page: number) {
    this.memory = memory;
    this.page = page;
  }

  get version(): number {
    return this.memory.read32(this.page + EVMCS_OFFSETS.version);
  }

  get enlightenmentsControl(): number {
    return this.memory.read32(this.page + EVMCS_OFFSETS.enlightenmentsControl);
  }

  /** L1-physical. */
  get partitionAssistPage(): number {
    const at = this.page + EVMCS_OFFSETS.partitionAssistPage;
    return (this.memory.read32(at) >>> 0) + (this.memory.read32(at + 4) >>> 0) * 4294967296;
  }

  get cleanFields(): number {
    return this.memory.read32(this.page + EVMCS_OFFSETS.cleanFields) & EVMCS_ALL_CLEAN;
  }

  set cleanFields(mask: number) {
    const rest = this.memory.read32(this.page + EVMCS_OFFSETS.cleanFields) & ~EVMCS_ALL_CLEAN;
    this.memory.write32(this.page + EVMCS_OFFSETS.cleanFields, rest | mask);
  }

  /**
   * Copies what an entry reads, leaving out the groups that are clean.
   * @returns how many fields were copied
   */
  loadInto(vmcs: MemoryVmcs, clean: number): number {
    let copied = 0;
    for (const copy of ENTERED) {
      if ((copy.clean & clean) !== 0) continue;
      vmcs.set(copy.index, this.low(copy), this.high(copy));
      copied++;
    }
    return copied;
  }

  /**
   * Writes back what an exit may have changed, whatever its group. What L1 has written there since the entry is lost.
   * @returns how many there are
   */
  storeFrom(vmcs: MemoryVmcs): number {
    for (const copy of LEFT) this.store(copy, vmcs.lo(copy.index), vmcs.hi(copy.index));
    return LEFT.length;
  }

  /** A field for VMREAD; null where the page has none. */
  read(index: number): { lo: number; hi: number } | null {
    const copy = BY_INDEX.get(index);
    return copy === undefined ? null : { lo: this.low(copy), hi: this.high(copy) };
  }

  /**
   * A field as L1 writes it, which says that its group is not clean.
   * @returns whether the page has it
   */
  write(index: number, lo: number, hi: number): boolean {
    const copy = BY_INDEX.get(index);
    if (copy === undefined) return false;
    this.store(copy, lo, hi);
    this.cleanFields &= ~copy.clean;
    return true;
  }

  private low({ offset, bytes }: Copy): number {
    if (bytes !== 2) return this.memory.read32(this.page + offset);
    return this.memory.read8(this.page + offset) | (this.memory.read8(this.page + offset + 1) << 8);
  }

  private high({ offset, bytes }: Copy): number {
    return bytes === 8 ? this.memory.read32(this.page + offset + 4) : 0;
  }

  private store({ offset, bytes }: Copy, lo: number, hi: number): void {
    if (bytes === 2) {
      this.memory.write8(this.page + offset, lo & 0xff);
      this.memory.write8(this.page + offset + 1, (lo >>> 8) & 0xff);
      return;
    }
    this.memory.write32(this.page + offset, lo);
    if (bytes === 8) this.memory.write32(this.page + offset + 4, hi);
  }
}
