import { expect, test } from "vitest";
import { checkCited, documentOf, parseCitation } from "./citation.ts";

test("a citation is volume, quoted title and optional section", () => {
  expect(parseCitation('3C "Title" [24.6]')).toEqual({ volume: "3C", title: "Title", section: "24.6" });
  expect(parseCitation('2 "VMRUN Instruction"')).toEqual({
    volume: "2",
    title: "VMRUN Instruction",
    section: undefined,
  });
  expect(parseCitation('3D "Host" [B.3.4]')?.section).toBe("B.3.4");
});

test.each(["", "3C Title", '3C ""', '3C "Title" 24.6', 'SDM "Title"', '3C "Title" [24.]', ' 3C "Title"'])(
  "%j is no citation",
  (text) => expect(parseCitation(text)).toBeUndefined(),
);

test("a citation means the pinned document of its volume", () => {
  expect(documentOf("sdm", '3C "Title"')?.orderNumber).toBe("326019");
  expect(documentOf("apm", '2 "Title"')?.orderNumber).toBe("24593");
  expect(documentOf("apm", '3C "Title"')).toBeUndefined();
});

test("an entry without a usable citation says why", () => {
  expect(checkCited({})).toBe("no citation");
  expect(checkCited({ sdm: "chapter 24" })).toContain("chapter 24");
  expect(checkCited({ sdm: '3C "Title"', apm: '9 "Title"' })).toContain("unparsable apm");
  expect(checkCited({ apm: '2 "Title"' })).toBeUndefined();
});
