import { expect, test } from "vitest";
import { createLab, UsageError } from "../src/index.ts";

const lab = createLab();
const GUEST = { scenario: "ept-walk" };

const entries = new Map<string, number>();

/** Position in the whole trace of the event after the first entry of L2. */
function entryOf(column: string, options = {}, guest = GUEST): number {
  const key = `${guest.scenario} ${column}`;
  const known = entries.get(key);
  if (known !== undefined) return known;
  const { events } = lab.trace(guest, column, options);
  const at = events.findIndex(({ kind, data }) => /^vm(entry|run)$/.test(kind) && data["result"] === "entered");
  entries.set(key, at);
  return at;
}

test("an address of L2 goes through its own tables, L1's and L0's", () => {
  const walk = lab.pageWalk(GUEST, "ideal", {}, { event: entryOf("ideal") });
  expect(walk).toMatchObject({ level: 2, paging: "4-level paging", ended: false });
  expect(walk.stages.map(({ name, from, to }) => [name, from, to])).toEqual([
    ["EPT12", "L2-physical", "L1-physical"],
    ["EPT01", "L1-physical", "host-physical"],
  ]);
  expect(walk.stages[0]?.address).toBe(walk.physical);
  expect(walk.stages[1]?.address).toBe(walk.stages[0]?.result);
  expect(walk.host).toBe(walk.stages[1]?.result);
  for (const { stages } of walk.entries) expect(stages.map(({ name }) => name)).toEqual(["EPT12", "EPT01"]);
  expect(walk.entries.map(({ level }) => level)).toEqual(walk.entries.map((_, index) => 4 - index));
  expect(walk.entries.at(-1)?.page).not.toBeNull();
});

test("looking changes nothing: looked at twice, the same is seen, and metal agrees as far as it has stages", () => {
  const event = entryOf("ideal");
  expect(lab.pageWalk(GUEST, "ideal", {}, { event })).toEqual(lab.pageWalk(GUEST, "ideal", {}, { event }));
  const metal = lab.pageWalk(GUEST, "metal", {}, { event: entryOf("metal") });
  const ideal = lab.pageWalk(GUEST, "ideal", {}, { event });
  expect(metal.stages.map(({ name }) => name)).toEqual(["EPT"]);
  expect([metal.linear, metal.physical, metal.entries.map(({ value }) => value)]).toEqual([
    ideal.linear,
    ideal.physical,
    ideal.entries.map(({ value }) => value),
  ]);
  expect(metal.stages[0]?.result).toBe(ideal.stages[0]?.result);
});

test("an L1 is behind L0's tables only, and an address that nothing maps ends where the entry is not present", () => {
  const own = lab.pageWalk(GUEST, "ideal", {}, { event: 0 });
  expect(own.level).toBe(1);
  expect(own.stages.map(({ name }) => name)).toEqual(["EPT01"]);
  const lost = lab.pageWalk(GUEST, "ideal", {}, { event: entryOf("ideal"), address: "0x7f0000000000" });
  expect(lost).toMatchObject({ physical: null, host: null, stages: [] });
  expect(lost.entries.at(-1)?.rights).toBe("not present");
});

test("nested paging of SVM is walked likewise", () => {
  const guest = { scenario: "npt-2m" };
  const options = { cpu: "epyc-rome" };
  const walk = lab.pageWalk(guest, "ideal", options, { event: entryOf("ideal", options, guest) });
  expect(walk.level).toBe(2);
  expect(walk.stages.map(({ name }) => name)).toEqual(["NPT12", "NPT01"]);
  expect(walk.stages[0]?.entries.at(-1)?.page).toBe("2 MiB");
  expect(walk.host).toBe(walk.stages[1]?.result);
});

test.each([{ address: "7" }, { address: "0xg" }, { vcpu: 9 }])("%o is refused", (asked) => {
  expect(() => lab.pageWalk(GUEST, "ideal", {}, asked)).toThrow(UsageError);
});
