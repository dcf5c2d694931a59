import type { Confidence } from "@hvdiff/lab";
import { h } from "../element.ts";

const MEANINGS: Readonly<Record<Confidence, string>> = {
  captured: "recorded on the real thing",
  source: "read in the product's source",
  documented: "stated by the product's documents",
  reported: "seen by somebody who said so",
  inferred: "follows from something known",
  assumed: "not checked by anybody yet",
};

/** How sure a claim is: a word, and a border that gets fainter with less certainty. */
export function confidenceBadge(confidence: Confidence): HTMLElement {
  return h("span", { class: `badge confidence-${confidence}`, title: MEANINGS[confidence] }, confidence);
}
