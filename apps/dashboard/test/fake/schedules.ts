import type { ExploreResult, TriedSchedule } from "@hvdiff/lab";
import { FAKE_QUIRKS } from "./quirks.ts";

const tried = Array.from({ length: 1500 }, (_, place): TriedSchedule => {
  const tick = 1000 + 3 * place;
  const end = place === 1100 ? "violated" : place % 97 === 0 ? "ended" : "merged";
  return { parent: -1, deviation: `signal@${tick}`, vcpu: 0, tick, end };
});

/** A search that has found something. */
export const FAKE_SEARCH: ExploreResult = {
  schemaVersion: 1,
  hvdiff: "0.1.0",
  guest: { id: "xsaves-control", title: "XSAVES", sha256: "0".repeat(64), bundled: true },
  column: "kvm@6.1",
  full: "kvm@6.1",
  cpu: "skylake-client",
  events: ["signal"],
  property: "verdicts",
  bound: 1,
  seed: null,
  tried: tried.length,
  merged: tried.filter(({ end }) => end === "merged").length,
  exhaustive: false,
  finding: {
    schedule: "signal@4300",
    deviations: 1,
    runId: "fake",
    outcome: { kind: "exit", text: "exit 0" },
    serial: "",
    differences: [{ verdict: "cr4", metal: "0x620", here: "invalid: 0x2620, written was 0x620" }],
    firstDivergence: null,
    causes: FAKE_QUIRKS.slice(0, 2),
  },
  tree: { tried, truncated: false },
};
