import { expect, test } from "vitest";
import { SerialOutput } from "./serial-output.ts";

function write(output: SerialOutput, text: string): void {
  for (const character of text) output.serialByte(character.charCodeAt(0));
}

test("each taker gets what has come since the last time, and the whole stays", () => {
  const lines: string[] = [];
  const output = new SerialOutput((line) => lines.push(line));
  write(output, "one\r\ntw");
  output.debugByte(0x41);
  expect(output.takeNew()).toEqual({ serial: "one\r\ntw", debug: "A" });
  expect(output.takeNew()).toEqual({ serial: "", debug: "" });
  write(output, "o\n");
  expect(output.takeNew()).toEqual({ serial: "o\n", debug: "" });
  expect(output.state).toMatchObject({ serial: "one\r\ntwo\n", debug: "A", line: "", truncated: false });
  expect(lines).toEqual(["one", "two"]);
});
