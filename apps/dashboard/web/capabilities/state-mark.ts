import type { CapabilityState } from "@hvdiff/lab";
import { h } from "../element.ts";

const MEANINGS: Readonly<Record<CapabilityState, string>> = {
  no: "must be 0",
  yes: "may be 0 or 1",
  default: "1 by default, clearable through the TRUE MSR",
  forced: "must be 1",
};

/** A control bit's state as a mark and a word: empty, full, half, full with a hole. */
export function stateMark(state: CapabilityState): HTMLElement {
  return h(
    "span",
    { class: `bit-state ${state}`, title: MEANINGS[state] },
    h("span", { class: "bit-mark", "aria-hidden": "true" }),
    state,
  );
}

/** The four states with what they mean. */
export function stateLegend(): HTMLElement {
  const states = Object.keys(MEANINGS) as CapabilityState[];
  return h("div", { class: "legend", role: "group", "aria-label": "States of a bit" }, ...states.map(stateMark));
}
