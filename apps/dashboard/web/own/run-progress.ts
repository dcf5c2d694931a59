import type { RunState } from "../api.ts";
import { count } from "../count.ts";
import { h } from "../element.ts";

const HEADINGS: Readonly<Record<RunState["status"], string>> = {
  queued: "Waiting",
  running: "Running",
  done: "Done",
  failed: "This guest could not be run",
};

/** The name that a run's guest was given. */
export function guestName({ request }: RunState): string {
  return "scenario" in request.guest ? request.guest.scenario : request.guest.name;
}

/** How far a run is, or why it failed. */
export function runProgress(state: RunState): { element: HTMLElement; show(state: RunState | null): void } {
  const element = h("section", { class: "state", "aria-live": "polite" });
  const lost = h(
    "p",
    { class: "run-lost", hidden: true },
    "The server does not answer. Once it does, this page goes on.",
  );
  const show = (now: RunState | null) => {
    lost.hidden = now !== null;
    if (now === null) return;
    element.classList.toggle("error", now.status === "failed");
    element.replaceChildren(
      h("h2", {}, HEADINGS[now.status]),
      h("p", { class: "mono" }, guestName(now)),
      ...bodyOf(now),
      lost,
    );
  };
  show(state);
  return { element, show };
}

function bodyOf({ status, error, done, total }: RunState): HTMLElement[] {
  if (status === "failed") return [h("p", { class: "error-message" }, error ?? "")];
  const bar = h("progress", { max: Math.max(1, total), value: done, "aria-label": "Columns finished" });
  return [bar, h("p", { class: "quiet" }, `${done} of ${count(total, "column")}`)];
}
