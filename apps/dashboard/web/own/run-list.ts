import type { RunState } from "../api.ts";
import { count } from "../count.ts";
import { h } from "../element.ts";
import { formatRoute } from "../route.ts";
import { guestName } from "./run-progress.ts";

/** Runs made before, newest first. */
export function runList(runs: readonly RunState[]): HTMLElement {
  const own = runs.filter(({ request }) => "artefact" in request.guest).reverse();
  if (own.length === 0) {
    return h(
      "div",
      { class: "state" },
      h("h2", {}, "No runs yet"),
      h("p", {}, "What you drop above is run and kept here."),
    );
  }
  return h(
    "section",
    { class: "run-list", "aria-labelledby": "runs-title" },
    h("h2", { id: "runs-title" }, "Runs"),
    h("ul", {}, ...own.map((run) => h("li", {}, runLink(run)))),
  );
}

function runLink(run: RunState): HTMLElement {
  const { columns, options } = run.request;
  const words = run.status === "failed" ? `failed: ${run.error}` : run.status;
  return h(
    "a",
    { href: formatRoute({ view: "own", on: columns, cpu: options.cpu ?? null, run: run.id }) },
    h("strong", {}, guestName(run)),
    h("span", { class: "quiet" }, `${count(run.total, "column")} · ${words}`),
  );
}
