import { STATE } from "@hvdiff/cpu";
import { parseCitation, type VMCB_FIELDS } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { createHost, enableNestedPaging, type Host, PLACE, runGuest } from "../../test/fixtures.ts";
import { VMRUN_CHECKS } from "./vmrun-checks.ts";

const VMMCALL = [0x0f, 0x01, 0xd9] as const;
const INVALID = 0xffff_ffff_ffff_ffffn;
const BEYOND = 1n << 52n;

type Mutation = (host: Host) => void;

const setBits =
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
const MUTATIONS: Readonly<Record<string, readonly Mutation[]>> = {
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

describe("VMRUN's consistency checks", () => {
  test("each has a mutation, a name of its own and a citation", () => {
    expect(Object.keys(MUTATIONS)).toEqual(VMRUN_CHECKS.map(({ id }) => id));
    for (const { apm } of VMRUN_CHECKS) expect(parseCitation(apm), apm).toBeDefined();
  });

  const cases = Object.entries(MUTATIONS).flatMap(([id, mutations]) =>
    mutations.map((mutate, n) => [`${id} ${n}`, id, mutate] as const),
  );

  test.each(cases)("%s is VMEXIT_INVALID, with the host as it was and GIF 0", (_, id, mutate) => {
    const host = createHost();
    mutate(host);
    const before = host.memory.readBytes(PLACE.vmcb + 0x400, 0x300);
    expect(runGuest(host, ...VMMCALL)).toBe(INVALID);
    expect(host.svm.failedCheck).toBe(id);
    expect(host.c.rip).toBe(BigInt(PLACE.hostCode + 4));
    expect(host.svm.globalInterruptFlag).toBe(false);
    expect(host.memory.readBytes(PLACE.vmcb + 0x400, 0x300)).toEqual(before);
  });

  test.each(cases)("%s is not noticed without that check", (_, id, mutate) => {
    const host = createHost();
    mutate(host);
    host.svm.vmrunChecks = VMRUN_CHECKS.filter((check) => check.id !== id);
    runGuest(host, ...VMMCALL);
    expect(host.svm.failedCheck).toBeNull();
  });

  test("a VMCB that has only ignored bits set enters", () => {
    const host = createHost();
    for (const mutate of [setBits("cr3", 0x7n), setBits("msrpmBasePa", 0xfffn), setBits("iopmBasePa", 0xfffn)])
      mutate(host);
    expect(runGuest(host, ...VMMCALL)).toBe(0x81n);
  });

  test("what a processor does not have it does not check: k10 knows no virtual NMI and no flush by ASID", () => {
    const host = createHost("k10");
    host.v.write("virtualInterruptControl", 1n << 26n);
    expect(runGuest(host, ...VMMCALL)).toBe(0x81n);
    host.v.write("tlbControl", 3n);
    expect(runGuest(host, ...VMMCALL)).toBe(INVALID);
  });
});
