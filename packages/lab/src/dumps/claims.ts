import type { CpuModel } from "@hvdiff/cpu";
import { CAPABILITY_SOURCES, type CapabilitySource } from "../caps-sources.ts";
import type { Dump, NamedClaim } from "./dump.ts";

/** One thing that a dump says, and whether a processor is so. */
export interface Claim {
  readonly title: string;
  readonly source: string;
  readonly label: string;
  /** What the dump says. */
  readonly said: string;
  /** What a processor has. */
  valueIn(model: CpuModel): string;
  holdsFor(model: CpuModel): boolean;
}

/** Everything that a dump says of what the capability lens shows. */
export function claimsOf(dump: Dump): Claim[] {
  const known = CAPABILITY_SOURCES.flatMap((source) => registerClaims(source, dump));
  return [...known, ...dump.named.flatMap(namedClaims)];
}

/** What follows from a register's value. */
function registerClaims(source: CapabilitySource, dump: Dump): Claim[] {
  const model = { cpuid: dump.cpuid, msrs: dump.msrs } as CpuModel;
  if (source.raw(model) === null) return [];
  const lacksTrue = source.trueMsr !== undefined && !dump.msrs.has(source.trueMsr);
  const bits = source.bits.map(({ bit, label }) => {
    const claim = equal(source, label, source.stateOf(model, bit), (other) => source.stateOf(other, bit));
    return lacksTrue && claim.said === "forced" ? forcedOrDefault(claim) : claim;
  });
  const fields = source.fields.map(({ label, read }) =>
    equal(source, label, read(source.raw(model)), (other) => read(source.raw(other))),
  );
  return [...bits, ...fields];
}

/** Without the TRUE MSR nobody knows which bits that are 1 by default may be cleared. */
function forcedOrDefault(claim: Claim): Claim {
  const { valueIn } = claim;
  return { ...claim, said: "forced or default", holdsFor: (model) => ["forced", "default"].includes(valueIn(model)) };
}

function equal(
  { title, source }: CapabilitySource,
  label: string,
  said: string,
  valueIn: (model: CpuModel) => string,
): Claim {
  return { title, source, label, said, valueIn, holdsFor: (model) => valueIn(model) === said };
}

const same = (one: string, other: string) => one.toLowerCase().trim() === other.toLowerCase().trim();

function namedClaims(claim: NamedClaim): Claim[] {
  const sources = CAPABILITY_SOURCES.filter(({ title }) => claim.group === null || same(title, claim.group));
  for (const source of sources) {
    const found = bitClaim(source, claim) ?? fieldClaim(source, claim);
    if (found !== null) return [found];
  }
  return [];
}

function bitClaim(source: CapabilitySource, { name, group, states, said }: NamedClaim): Claim | null {
  const bit = source.bits.find(({ label, qemu }) =>
    group === null ? qemu !== undefined && same(qemu, name) : same(label, name),
  );
  if (bit === undefined || states === null) return null;
  const valueIn = (model: CpuModel) => source.stateOf(model, bit.bit);
  const { title, source: place } = source;
  return {
    title,
    source: place,
    label: bit.label,
    said,
    valueIn,
    holdsFor: (model) => states.includes(source.stateOf(model, bit.bit)),
  };
}

function fieldClaim(source: CapabilitySource, { name, number, said }: NamedClaim): Claim | null {
  const field = source.fields.find(({ label }) => same(label, name));
  if (field === undefined || number === null) return null;
  const valueIn = (model: CpuModel) => field.read(source.raw(model));
  const { title, source: place } = source;
  return {
    title,
    source: place,
    label: field.label,
    said,
    valueIn,
    holdsFor: (model) => isNumber(valueIn(model), number),
  };
}

function isNumber(text: string, number: bigint): boolean {
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) && BigInt(text) === number;
}
