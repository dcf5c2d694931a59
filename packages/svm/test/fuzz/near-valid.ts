import { VMCB_FIELDS, type VmcbField } from "@hvdiff/spec";
import type { Random } from "../../../../test/random.ts";
import { enableNestedPaging, type Host, PLACE } from "../fixtures.ts";
import { type Mutation, VIOLATIONS } from "../violations-table.ts";

const MAXIMUM_CHANGES = 4;
const FIELD_NAMES = Object.keys(VMCB_FIELDS) as VmcbField[];
const VALUES: readonly bigint[] = [
  0n,
  1n,
  0xffff_ffff_ffff_ffffn,
  0x8000_0000_0000n,
  0xffff_8000_0000_0000n,
  1n << 52n,
  (1n << 52n) - 0x1000n,
  ...Object.values(PLACE).map(BigInt),
];

const protectedMode: Mutation = ({ v }) => {
  v.write("efer", v.read("efer") & ~0x500n);
  v.write("cr0", 0x11n);
  v.write("cr4", 0n);
  v.segment("cs", 8, 0xc9b);
};

const realMode: Mutation = ({ v }) => {
  v.write("efer", 0x1000n);
  v.write("cr0", 0x10n);
  v.write("cr4", 0n);
  for (const field of ["cs", "ss", "ds", "es"] as const) v.segment(field, 0, field === "cs" ? 0x9b : 0x93);
};

const everyIntercept: Mutation = ({ v }) => {
  for (const field of ["interceptCr", "interceptDr", "interceptExceptions", "intercept3"] as const)
    v.write(field, 0xffff_ffffn);
};

/** Virtual interrupts with everything that goes with them. */
const virtualInterrupts: Mutation = ({ v }) => {
  v.write("virtualInterruptControl", 0x0301_0f00n);
  v.write("virtualInterruptVector", 0x31n);
};

/** What a case starts from: all of them pass every check. */
const BASES: readonly Mutation[] = [
  () => {},
  enableNestedPaging,
  protectedMode,
  (host) => {
    enableNestedPaging(host);
    realMode(host);
  },
  everyIntercept,
  virtualInterrupts,
];
const VIOLATING: readonly Mutation[] = Object.values(VIOLATIONS).flat();

function changeField({ v, memory }: Host, random: Random): void {
  const name = random.pick(FIELD_NAMES);
  const { offset, bytes } = VMCB_FIELDS[name];
  const kind = random.below(4);
  if (kind === 0) v.write(name, random.pick(VALUES));
  else if (kind === 1) v.write(name, BigInt(random.word()) >> BigInt(random.below(32)));
  else {
    const bit = random.below(bytes * 8);
    const at = PLACE.vmcb + offset + (bit >>> 3);
    memory.write8(at, memory.readBytes(at, 1)[0]! ^ (1 << (bit & 7)));
  }
}

/** Changes one to four things of a VMCB that passes: bits or values of fields, or what violates a check. */
export function makeNearValid(host: Host, random: Random): void {
  random.pick(BASES)(host);
  const changes = 1 + random.below(MAXIMUM_CHANGES);
  for (let n = 0; n < changes; n++) {
    if (random.below(4) === 0) random.pick(VIOLATING)(host);
    else changeField(host, random);
  }
}
