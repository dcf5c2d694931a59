import { describe, expect, test } from "vitest";
import { RegionRuntime } from "../../src/wasm/region-runtime.ts";
import { EnginePair } from "./engine-comparison.ts";

const PROGRAMS = 120;

describe("compiled code does what executors do", () => {
  test(`${PROGRAMS} random programs, at every slice`, () => {
    const pair = new EnginePair();
    let instructions = 0;
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      const { difference, instructions: retired, program } = pair.compare(seed);
      expect(difference, `seed ${seed}: ${program.forms.join(", ")}`).toBeNull();
      instructions += retired;
    }
    expect(instructions).toBeGreaterThan(200_000);
  });

  test("most instructions of such programs are run by compiled code", () => {
    const { enter } = RegionRuntime.prototype;
    let compiled = 0;
    RegionRuntime.prototype.enter = function (...args) {
      const before = this["c"].retired;
      const exit = enter.apply(this, args);
      if (exit !== null) compiled += exit.retired - before;
      return exit;
    };
    const pair = new EnginePair();
    let all = 0;
    try {
      for (let seed = 1; seed <= 20; seed++) all += pair.compare(seed).instructions;
    } finally {
      RegionRuntime.prototype.enter = enter;
    }
    expect(compiled / all).toBeGreaterThan(0.6);
  });
});
