import { createLab } from "@hvdiff/lab";

/** What the page of the test sends: a scenario and two columns. */
export interface Question {
  readonly scenario: string;
  readonly left: string;
  readonly right: string;
}

/** All that two runs give, as text: run ids, verdicts, differences with their causes, and both traces. */
export function answerOf({ scenario, left, right }: Question): string {
  return JSON.stringify(createLab().compare({ scenario }, left, right));
}

// In a web worker; the test in Node only takes the function.
if (typeof self !== "undefined" && "importScripts" in self)
  self.addEventListener("message", ({ data }: MessageEvent<Question>) => self.postMessage(answerOf(data)));
