import { VMCS_FIELD_NAMES, type VmcsField, widthBytes } from "@hvdiff/spec";
import type { Random } from "../../../../test/random.ts";
import type { VmcsView } from "../../src/vmcs-view.ts";
import { PLACE, WIDTH } from "../fixtures.ts";
import { ept, type Mutation, protectedMode, unrestricted, VIOLATIONS, virtual8086 } from "../violations-table.ts";

const MAXIMUM_CHANGES = 4;
const VALUES: readonly bigint[] = [
  0n,
  1n,
  0xffff_ffff_ffff_ffffn,
  0x8000_0000_0000n,
  0xffff_8000_0000_0000n,
  1n << BigInt(WIDTH),
  (1n << BigInt(WIDTH)) - 0x1000n,
  ...Object.values(PLACE).map(BigInt),
];

/** What a case starts from: all of them pass every check. */
const BASES: readonly Mutation[] = [() => {}, ept, unrestricted, protectedMode, virtual8086];
const VIOLATING: readonly Mutation[] = Object.values(VIOLATIONS);

function changeField(v: VmcsView, random: Random): void {
  const name: VmcsField = random.pick(VMCS_FIELD_NAMES);
  const bits = widthBytes(name) * 8;
  const kind = random.below(4);
  if (kind === 0) v.write(name, random.pick(VALUES));
  else if (kind === 1) v.write(name, BigInt(random.word()) >> BigInt(random.below(32)));
  else v.write(name, v.read(name) ^ (1n << BigInt(random.below(bits))));
}

/** Changes one to four things of a valid VMCS: bits or values of fields, or what violates a check. */
export function makeNearValid(v: VmcsView, random: Random): void {
  random.pick(BASES)(v);
  const changes = 1 + random.below(MAXIMUM_CHANGES);
  for (let n = 0; n < changes; n++) {
    if (random.below(4) === 0) random.pick(VIOLATING)(v);
    else changeField(v, random);
  }
}
