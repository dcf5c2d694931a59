import { SCENARIOS } from "@hvdiff/guests";
import { describe, expect, test } from "vitest";
import { takenBack } from "./taken-back.ts";

const COLUMNS = ["metal", "ideal", "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on", "virtualbox@7.0"];

/** More than this many choice points are sampled evenly, so that the test stays short; bench/taken-back.ts takes all. */
const MOST_SNAPSHOTS = 8;

/** One small run is taken back at every single choice point. */
const THOROUGH = "cr4-loop ideal";

describe.each(SCENARIOS.map((scenario) => scenario.id))("%s", (scenario) => {
  test.each(COLUMNS)("taken back again and again, goes on as if nothing had been under %s", (column) => {
    const most = `${scenario} ${column}` === THOROUGH ? Number.POSITIVE_INFINITY : MOST_SNAPSHOTS;
    const { undisturbed, disturbed } = takenBack(scenario, column, most);
    expect(disturbed).toEqual(undisturbed);
  });
});
