import type { Linter } from "./finding.ts";

/** What third parties reported carries the date of a report, so that somebody looks again. */
export const lintReported: Linter = (personality) =>
  personality.quirks.flatMap(({ id, confidence, evidence }) => {
    if (confidence !== "reported" || evidence.some((item) => "date" in item && item.date !== undefined)) return [];
    return [{ linter: "reported", subject: id, message: "is reported without a date" }];
  });
