import { expect, test } from "vitest";
import { diff } from "../src/diff.ts";
import { createLab } from "../src/index.ts";

const GUEST = { scenario: "synthetic-interrupts" };

function causes(column: string) {
  const [, result] = diff(GUEST, ["metal", column]).columns;
  return Object.fromEntries(
    result!.differences.map(({ verdict, here, cause }) => [
      verdict,
      `${here} < ${cause.kind === "quirks" ? cause.quirks.map(({ id }) => id).join(" ") : cause.reason}`,
    ]),
  );
}

test("KVM offers Hyper-V's interface where QEMU is told to: each difference has its cause", () => {
  const found = causes("kvm@6.11+qemu@9.0/host/hv-passthrough=on");
  expect(found["unknown-hypercall"]).toMatch(/^status 2 < /);
  expect(found["source-with-vector-5"]).toMatch(/^#GP < /);
  expect(found["timer"]).toMatch(/^message 0x80000010 < /);
  expect(found["time-page"]).toMatch(/^sequence 1 < /);
  expect(Object.values(found).join(" ")).not.toMatch(/unattributed|no quirk/);
});

test.each(["ideal", "kvm@6.11+qemu@9.0/host"])("%s offers none", (column) => {
  expect(causes(column)).toEqual({});
});

test.each([
  ["hv-synic=on", "hv-synic=on requires hv-vpindex=on"],
  ["hv-vpindex=on/hv-synic=on/hv-stimer=on", "hv-stimer=on requires hv-time=on"],
])("%s is refused: %s", (flags, message) => {
  expect(() => createLab().diff(GUEST, [`kvm@6.11+qemu@9.0/host/${flags}`])).toThrow(message);
});
