import type { CpuidFeature } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import { hasFeature } from "./features.ts";
import type { Legalize } from "./msr-legalizers.ts";
import { anyValue } from "./msr-legalizers.ts";
import { storedMsr, storeMsr } from "./msr-storage.ts";

/** One MSR. Without `read` or `write`, and where `read` is undefined, that access is #GP(0); `exists` says whether this processor has it at all. */
export interface MsrRule {
  readonly exists?: (c: Processor) => boolean;
  readonly read?: (c: Processor, time: number) => bigint | undefined;
  /** False is #GP(0). */
  readonly write?: (c: Processor, value: bigint, time: number) => boolean;
}

/** Whether the processor has one of the features. */
export const feature =
  (...names: CpuidFeature[]) =>
  (c: Processor): boolean =>
    names.some((name) => hasFeature(c, name));

/** Kept in a slot of its own after legalizing. */
export function kept(
  address: number,
  legalize: Legalize = anyValue,
  exists?: (c: Processor) => boolean,
): [number, MsrRule] {
  const rule: MsrRule = {
    read: (c) => storedMsr(c, address),
    write: (c, value) => {
      const legal = legalize(c, value, storedMsr(c, address));
      if (legal !== undefined) storeMsr(c, address, legal);
      return legal !== undefined;
    },
  };
  return [address, exists === undefined ? rule : { ...rule, exists }];
}

/** Rules for `count` MSRs from `first` on. */
export function each(
  first: number,
  count: number,
  rule: (address: number, n: number) => [number, MsrRule],
): [number, MsrRule][] {
  return Array.from({ length: count }, (_, n) => rule(first + n, n));
}

/** Commands: writing does something that leaves no trace here, reading is #GP. */
export function command(address: number, mask: bigint, exists?: (c: Processor) => boolean): [number, MsrRule] {
  const rule: MsrRule = { write: (_, value) => (value & ~mask) === 0n };
  return [address, exists === undefined ? rule : { ...rule, exists }];
}

/** Read-only, from the model where it says something. */
export function constant(address: number, otherwise: bigint, exists?: (c: Processor) => boolean): [number, MsrRule] {
  const rule: MsrRule = { read: (c) => c.model.msrs.get(address) ?? otherwise };
  return [address, exists === undefined ? rule : { ...rule, exists }];
}
