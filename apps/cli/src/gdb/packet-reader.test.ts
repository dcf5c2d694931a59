import { expect, test } from "vitest";
import { framePacket, type GdbInput, PacketReader } from "./packet-reader.ts";

function feed(...texts: string[]): GdbInput[] {
  const reader = new PacketReader();
  return texts.flatMap((text) => reader.feed(text));
}

const packet = (payload: string | null): GdbInput => ({ kind: "packet", payload });

test.each<[string, string[], GdbInput[]]>([
  ["a packet", ["$OK#9a"], [packet("OK")]],
  ["in pieces", ["$", "O", "K#", "9", "a"], [packet("OK")]],
  ["acknowledged and followed by another", ["+$g#67+$?#3f"], [packet("g"), packet("?")]],
  ["checksum in capitals", ["$OK#9A"], [packet("OK")]],
  ["a wrong checksum", ["$OK#00$?#3f"], [packet(null), packet("?")]],
  ["an interruption", ["\u0003"], [{ kind: "interrupt" }]],
  ["a request to send again", ["-"], [{ kind: "resend" }]],
  ["noise between packets", ["x+y$OK#9a"], [packet("OK")]],
  ["bytes that look like marks", [framePacket("X0,4:#$}*")], [packet("X0,4:#$}*")]],
  ["an interruption's byte in a packet", [framePacket("X0,1:\u0003")], [packet("X0,1:\u0003")]],
  ["nothing", [""], []],
])("%s", (_what, texts, inputs) => {
  expect(feed(...texts)).toEqual(inputs);
});

test("an endless packet is dropped", () => {
  expect(feed(`$${"0".repeat(0x20000)}`, "$OK#9a")).toEqual([packet("OK")]);
});

test("every byte comes through", () => {
  const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");
  expect(feed(framePacket(all))).toEqual([packet(all)]);
});
