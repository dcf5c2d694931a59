import { expect, test } from "vitest";
import { COLOURED, PLAIN, wantsColour } from "./palette.ts";

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ TERM: "dumb" }, true, false],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "0" }, true, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
])("with %o, on a terminal: %s, colour is %s", (variables, isTerminal, expected) => {
  expect(wantsColour(variables, isTerminal)).toBe(expected);
});

test("every style of one palette is in the other and ends what it starts", () => {
  for (const name of Object.keys(PLAIN) as (keyof typeof PLAIN)[]) {
    expect(PLAIN[name]("x")).toBe("x");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
    expect(COLOURED[name]("x")).toMatch(/^\u001b\[[\d;]+mx\u001b\[[\d;]+m$/);
  }
});
