import { expect, test } from "vitest";
import { diff } from "../src/diff.ts";

const GUEST = { scenario: "hypercalls" };
const UNKNOWN = "answer 0xfffffffffffffc18";

function verdictsOn(column: string, cpu?: string): Record<string, string> {
  const [result] = diff(GUEST, [column], cpu === undefined ? {} : { cpu }).columns;
  return Object.fromEntries(result!.verdicts.map(({ id, value }) => [id, value]));
}

test.each([
  ["kvm@4.18", undefined, UNKNOWN, UNKNOWN],
  ["kvm@4.19", undefined, "answer 0x1", UNKNOWN],
  ["kvm@5.2", undefined, "answer 0x1", UNKNOWN],
  ["kvm@5.3", undefined, "answer 0x1", "answer 0x0"],
  ["kvm@6.11+qemu@9.0/host", undefined, "answer 0x1", "answer 0x0"],
  ["kvm@6.11", "zen2", "answer 0x1", "answer 0x0"],
])("%s (%s) has the hypercalls of its release", (column, cpu, sends, givesWay) => {
  const found = verdictsOn(column, cpu);
  expect(found).toMatchObject({
    unknown: UNKNOWN,
    poll: "answer 0x0",
    "wake-itself": "answer 0x0, and HLT ends",
    "pair-clocks": "answer 0x0, stored",
    "pair-other-clock": "answer 0xffffffffffffffa1",
    "send-to-itself": sends === UNKNOWN ? `${sends}, 0 came` : `${sends}, 1 came`,
    "give-way": givesWay,
  });
});

test.each(["metal", "ideal", "vmware@17"])("%s has none", (column) => {
  const found = verdictsOn(column);
  expect(new Set(Object.values(found))).toEqual(new Set(["#UD", "#UD, 0 came"]));
});

test("each answer has its cause", () => {
  const [, result] = diff(GUEST, ["metal", "kvm@6.11+qemu@9.0/host"]).columns;
  const causes = result!.differences.map(({ cause }) => (cause.kind === "quirks" ? cause.quirks : []));
  expect(causes.map((quirks) => quirks.map(({ id }) => id).join(" "))).toEqual(
    causes.map(() => "kvm/vmx/vmcall-is-hypercall"),
  );
});
