import { expect, test } from "vitest";
import { diff } from "../src/diff.ts";

const EARLY = "kvm/events/registers-before-exit";

/** Whose values differ from metal's, with what causes that. */
function causesOn(column: string, quirks: readonly string[] = []): Record<string, string> {
  const [, result] = diff({ scenario: "intercepted-faults" }, ["metal", column], { quirks }).columns;
  const causes = result!.differences.map(({ verdict, cause }) => [
    verdict,
    cause.kind === "quirks" ? cause.quirks.map(({ id }) => id).join(" ") : cause.reason,
  ]);
  return Object.fromEntries(causes);
}

test.each(["kvm@4.14/nested=1", "kvm@4.20+qemu@4.0/host", "kvm@5.9+virtualbox-kvm@20240502"])(
  "an exception that %s raises in L2 changes CR2 and DR6 although L1 takes it",
  (column) => {
    expect(causesOn(column)).toEqual({
      "page-fault": EARLY,
      // Or KVM does not make the trap up itself; then silicon makes the exit.
      "single-step": "kvm/vmx/emulated-step-alone",
    });
    expect(causesOn(column, [`-${EARLY}`])).toEqual({});
  },
);

test.each([
  "ideal",
  "kvm@4.20+qemu@4.1/host",
  "kvm@5.10+virtualbox-kvm@20240502",
  "kvm@6.11+qemu@9.0/host",
  "virtualbox@7.0",
])("on %s it changes neither", (column) => {
  expect(causesOn(column)).toEqual({});
});
