import type { Linter } from "./finding.ts";

/** A quirk changes something, and says what it touches. */
export const lintContent: Linter = (personality) =>
  personality.quirks.flatMap(({ id, capabilities, policy, affects }) => {
    const messages: string[] = [];
    if (capabilities === undefined && policy === undefined) messages.push("has neither a rule nor a policy");
    if (affects.length === 0) messages.push("does not say what it affects");
    return messages.map((message) => ({ linter: "content", subject: id, message }));
  });
