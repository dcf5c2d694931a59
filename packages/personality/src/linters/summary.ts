import type { Linter } from "./finding.ts";

/** A summary is one sentence that ends with a full stop. */
export const lintSummary: Linter = (personality) =>
  personality.quirks.flatMap(({ id, summary }) => {
    const problem = /[\n]/.test(summary) || /[.!?] [A-Z]/.test(summary) ? "is more than one sentence" : undefined;
    const message = problem ?? (summary.endsWith(".") ? undefined : "has no full stop");
    return message === undefined ? [] : [{ linter: "summary", subject: id, message }];
  });
