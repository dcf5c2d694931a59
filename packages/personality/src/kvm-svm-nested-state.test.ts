import { expect, test } from "vitest";
import { isSvmState, svmStateBytes, svmStateFrom } from "./kvm-svm-nested-state.ts";

const PAGE = new Uint8Array(4096).fill(7);
const OUTSIDE = { extension: "svm", gif: false, guestMode: false, runPending: false, vmcb12: -1, page: null } as const;
const INSIDE = { extension: "svm", gif: true, guestMode: true, runPending: true, vmcb12: 0x5000, page: PAGE } as const;

test.each([OUTSIDE, { ...OUTSIDE, gif: true }, INSIDE])("a state becomes bytes and comes back", (state) => {
  const bytes = svmStateBytes(state);
  expect(isSvmState(bytes)).toBe(true);
  expect(svmStateFrom(bytes)).toEqual(state);
});

test("the layout is the kernel's", () => {
  const bytes = svmStateBytes(INSIDE);
  const view = new DataView(bytes.buffer);
  expect([view.getUint16(0, true), view.getUint16(2, true), view.getUint32(4, true)]).toEqual([0x103, 1, 4224]);
  expect([view.getBigUint64(8, true), bytes[128]]).toEqual([0x5000n, 7]);
});

test.each([
  ["flags", 0, 4],
  ["size", 4, 100],
])("wrong %s are refused", (what, at, value) => {
  const bytes = svmStateBytes(INSIDE);
  new DataView(bytes.buffer).setUint16(at, value, true);
  expect(svmStateFrom(bytes)).toBe(`EINVAL: ${what}`);
});
