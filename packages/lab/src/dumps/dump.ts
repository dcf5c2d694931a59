import type { CpuModel } from "@hvdiff/cpu";
import type { CapabilityState } from "../results.ts";

/** Texts that are understood. */
export type DumpFormat = "vmxcap" | "rdmsr" | "virtualbox-log" | "qemu-cpu" | "cpuid-raw";

/** What a text says by name instead of by number: a bit's state, or one of several that it may have; a field's number. */
export interface NamedClaim {
  /** A group's title; null: any group. */
  readonly group: string | null;
  /** Its label, or the name that QEMU gives it. */
  readonly name: string;
  readonly states: readonly CapabilityState[] | null;
  readonly number: bigint | null;
  /** As written. */
  readonly said: string;
}

/** What a text says of a processor. */
export interface Dump {
  readonly format: DumpFormat;
  readonly msrs: ReadonlyMap<number, bigint>;
  readonly cpuid: CpuModel["cpuid"];
  readonly named: readonly NamedClaim[];
}
