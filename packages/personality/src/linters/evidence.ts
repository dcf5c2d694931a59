import type { Evidence } from "../quirk.ts";
import type { Linter } from "./finding.ts";

/** A commit, or a release tag. */
const PINNED = /^([0-9a-f]{7,40}|v\d[\w.-]*)$/;

/** Every quirk has evidence that can be looked up again. */
export const lintEvidence: Linter = (personality) =>
  personality.quirks.flatMap(({ id, evidence }) => {
    if (evidence.length === 0) return [{ linter: "evidence", subject: id, message: "has none" }];
    return evidence.flatMap((item) => {
      const message = problemOf(item);
      return message === undefined ? [] : [{ linter: "evidence", subject: id, message }];
    });
  });

function problemOf(item: Evidence): string | undefined {
  switch (item.kind) {
    case "source":
      return PINNED.test(item.commit) ? undefined : `${item.path} is not pinned to a commit or release`;
    case "commit":
      return PINNED.test(item.commit) ? undefined : `"${item.commit}" is not a commit`;
    case "document":
      return item.url === undefined && item.date === undefined
        ? `"${item.title}" has neither address nor date`
        : undefined;
    case "report":
      return item.where === "" ? `"${item.title}" does not say where` : undefined;
    case "manual":
      return item.sdm === undefined && item.apm === undefined ? "names no manual" : undefined;
  }
}
