import { findCpuModel } from "@hvdiff/cpu";
import { activeQuirks, buildGuestModel, columnContext, parseColumn } from "@hvdiff/personality";
import { expect, test } from "vitest";
import { hvx } from "../src/index.ts";

test("nothing is known of what it shows, so it shows the silicon", () => {
  const silicon = findCpuModel("skylake-client")!;
  const context = columnContext(parseColumn("hvx", [hvx]), silicon, [hvx]);
  const quirks = activeQuirks(context, [hvx]);
  expect(quirks).toEqual([]);
  expect(buildGuestModel(silicon, context, quirks).cpuid).toEqual(silicon.cpuid);
});

test("claims no more than a report", () => {
  expect(hvx.basis).toBe("reported");
});
