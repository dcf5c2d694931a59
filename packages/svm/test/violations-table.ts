import { STATE } from "@hvdiff/cpu";
import type { VMCB_FIELDS } from "@hvdiff/spec";
import { enableNestedPaging, type Host, PLACE } from "./fixtures.ts";

const BEYOND = 1n << 52n;

/** A change of a VMCB, or of the host that enters it. */
export type Mutation = (host: Host) => void;

/** Sets bits of a field. */
export const setBits =
  (field: keyof typeof VMCB_FIELDS, bits: bigint): Mutation =>
  ({ v }) =>
    v.write(field, v.read(field) | bits);

const clearBits =
  (field: keyof typeof VMCB_FIELDS, bits: bigint): Mutation =>
  ({ v }) =>
    v.write(field, v.read(field) & ~bits);

const both =
  (...mutations: Mutation[]): Mutation =>
  (host) => {
    for (const mutate of mutations) mutate(host);
  };

const injects = (event: bigint): Mutation => setBits("eventInjection", 0x8000_0000n | event);

/** For each check the smallest change of a good VMCB that violates it and none before it. */
export const VIOLATIONS: Readonly<Record<string, readonly Mutation[]>> = {
  "efer-svme-clear": [clearBits("efer", 0x1000n)],
  "cr0-nw-without-cd": [setBits("cr0", 1n << 29n)],
  "cr0-high": [setBits("cr0", 1n << 32n), setBits("cr0", 1n << 63n)],
  "cr3-reserved": [setBits("cr3", BEYOND), setBits("cr3", 1n << 63n)],
  "cr4-reserved": [setBits("cr4", 1n << 13n), setBits("cr4", 1n << 12n), setBits("cr4", 1n << 40n)],
  "dr6-high": [setBits("dr6", 1n << 32n)],
  "dr7-high": [setBits("dr7", 1n << 63n)],
  "efer-reserved": [setBits("efer", 1n << 9n), setBits("efer", 1n << 13n), setBits("efer", 1n << 33n)],
  "long-mode-without-pae": [clearBits("cr4", 0x20n)],
  "long-mode-without-protection": [clearBits("cr0", 1n)],
  "cs-long-and-default": [setBits("cs", 1n << 26n)],
  "vmrun-not-intercepted": [clearBits("intercept4", 1n)],
  "msrpm-too-high": [({ v }) => v.write("msrpmBasePa", BEYOND - 0x2000n), ({ v }) => v.write("msrpmBasePa", BEYOND)],
  "iopm-too-high": [({ v }) => v.write("iopmBasePa", BEYOND - 0x1000n)],
  "illegal-event": [
    injects(0x302n),
    injects(0x30fn),
    injects(0x305n),
    injects(0x100n),
    injects(0x520n),
    injects(0x320n),
  ],
  "asid-zero": [({ v }) => v.write("guestAsid", 0n)],
  "tlb-control-reserved": [({ v }) => v.write("tlbControl", 2n), ({ v }) => v.write("tlbControl", 0x80n)],
  "nested-paging-without-paging": [
    both(enableNestedPaging, (host) => {
      host.c.s[STATE.CR0]! &= 0x7fffffff;
      host.c.s[STATE.EFER]! &= ~0x400;
      host.c.s[STATE.SEGMENTS + STATE.CS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_ACCESS] = 0xc09b;
      host.c.translationChanged();
    }),
  ],
  "nested-cr3-reserved": [both(enableNestedPaging, setBits("nestedCr3", BEYOND))],
  "guest-pat": [
    both(enableNestedPaging, ({ v }) => v.write("gPat", 2n)),
    both(enableNestedPaging, setBits("gPat", 8n)),
  ],
  "virtual-nmi-without-intercept": [setBits("virtualInterruptControl", 1n << 26n)],
  pdptes: [
    both(clearBits("efer", 0x500n), ({ v, memory }) => {
      v.segment("cs", 8, 0xc9b);
      v.write("cr3", BigInt(PLACE.pdpt));
      memory.write32(PLACE.pdpt, PLACE.directory | 1 | 4);
    }),
  ],
};
