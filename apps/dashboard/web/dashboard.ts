import type { ScenarioResult } from "@hvdiff/lab";
import { type AddressBar, createAddressBar } from "./address-bar.ts";
import { type Api, type Choices, createApi } from "./api.ts";
import { capsView } from "./capabilities/caps-view.ts";
import { comparisonView } from "./comparison/comparison-view.ts";
import { h } from "./element.ts";
import { listenForKeys } from "./keys.ts";
import { isKeyOf } from "./keys-table.ts";
import { matrixView } from "./matrix/matrix-view.ts";
import { ownView } from "./own/own-view.ts";
import { errorState, loadingState } from "./parts/states.ts";
import { quirksView } from "./quirks/quirks-view.ts";
import { formatRoute, HOME, parseRoute, type Route } from "./route.ts";
import { schedulesView } from "./schedules/schedules-view.ts";
import { createShell, type Shell } from "./shell.ts";
import { structuresView } from "./structures/structures-view.ts";
import type { View, ViewContext } from "./view.ts";
import { walkView } from "./walk/walk-view.ts";

const PATIENCE_MS = 150;

/** What the page remembers from route to route. */
interface Session {
  readonly api: Api;
  readonly shell: Shell;
  readonly address: AddressBar;
  readonly columns: Set<string>;
  readonly last: Record<Route["view"], string>;
  /** Counts what was shown, so that a late answer does not replace a newer view. */
  turn: number;
  view: View | null;
  viewName: Route["view"] | null;
}

/** Runs the page in the container: draws what the address says, now and whenever it changes. */
export function startDashboard(container: HTMLElement): void {
  const session: Session = {
    api: createApi(),
    shell: createShell(container),
    address: createAddressBar(),
    columns: new Set(),
    last: {
      matrix: formatRoute(HOME),
      compare: "#/compare",
      structures: "#/structures",
      walk: "#/walk",
      schedules: "#/schedules",
      caps: "#/caps",
      own: "#/own",
      quirks: "#/quirks",
    },
    turn: 0,
    view: null,
    viewName: null,
  };
  addEventListener("hashchange", () => {
    session.address.left();
    void show(session);
  });
  listenForKeys(session.shell.openHelp, (key) => {
    const { view, viewName } = session;
    return viewName !== null && isKeyOf(viewName, key) ? view?.keys?.[key] : undefined;
  });
  void show(session);
}

async function show(session: Session): Promise<void> {
  session.turn += 1;
  session.view?.stop?.();
  const turn = session.turn;
  const route = parseRoute(location.hash);
  const { shell } = session;
  session.last[route.view] = formatRoute(route);
  shell.setRoute(route, session.last);
  shell.main.ariaBusy = "true";
  try {
    const offer = await Promise.all([session.api.choices(), session.api.scenarios()]);
    if (turn !== session.turn) return;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["key"] : undefined;
    const isSameView = session.viewName === null || session.viewName === route.view;
    const view = viewOf(route, contextOf(session, route, offer));
    session.viewName = route.view;
    session.view = view;
    document.title = `${view.title} · hvdiff`;
    const previous = isSameView ? shell.main.querySelector(".results") : null;
    shell.main.replaceChildren(view.controls, previous ?? h("div", { class: "results" }));
    restoreFocus(shell.main, focused, isSameView);
    await showResults(session, view, { turn, focused });
  } catch (error) {
    if (turn === session.turn) fail(session, error);
  } finally {
    if (turn === session.turn) shell.main.ariaBusy = "false";
  }
}

function fail(session: Session, error: unknown): void {
  const retry = () => void show(session);
  resultsOf(session.shell.main).replaceChildren(errorState(error, { retry, home: formatRoute(HOME) }));
}

async function showResults(
  session: Session,
  view: View,
  shown: { turn: number; focused: string | undefined },
): Promise<void> {
  const { main } = session.shell;
  const impatience = setTimeout(() => {
    if (shown.turn === session.turn)
      resultsOf(main).replaceChildren(loadingState("Running the guests and comparing …"));
  }, PATIENCE_MS);
  try {
    const results = await view.load;
    if (shown.turn !== session.turn) return;
    resultsOf(main).replaceChildren(results);
    if (document.activeElement === document.body) restoreFocus(main, shown.focused, true);
    view.onShown?.();
  } finally {
    clearTimeout(impatience);
  }
}

function resultsOf(main: HTMLElement): Element {
  const existing = main.querySelector(".results");
  if (existing !== null) return existing;
  const results = h("div", { class: "results" });
  main.append(results);
  return results;
}

/** After a redraw the same control has the focus; after a change of view its top. */
function restoreFocus(main: HTMLElement, key: string | undefined, isSameView: boolean): void {
  if (!isSameView) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  } else if (key !== undefined) {
    main.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }
}

function viewOf(route: Route, context: ViewContext): View {
  switch (route.view) {
    case "matrix":
      return matrixView(route, context);
    case "compare":
      return comparisonView(route, context);
    case "structures":
      return structuresView(route, context);
    case "walk":
      return walkView(route, context);
    case "schedules":
      return schedulesView(route, context);
    case "caps":
      return capsView(route, context);
    case "own":
      return ownView(route, context);
    case "quirks":
      return quirksView(route, context);
  }
}

function columnsNamed(route: Route): readonly (string | null)[] {
  if (route.view === "compare") return [route.left, route.right];
  if ("column" in route) return [route.column];
  return route.view === "quirks" ? [] : (route.on ?? []);
}

/** Each of the hypervisors on each: what `a//b` can be, for those who do not know. */
function stacksOf(columns: readonly string[]): string[] {
  const hypervisors = columns.filter((column) => column !== "metal");
  return hypervisors.flatMap((below) => hypervisors.map((above) => `${below}//${above}`));
}

function contextOf(
  session: Session,
  route: Route,
  [choices, scenarios]: readonly [Choices, readonly ScenarioResult[]],
): ViewContext {
  const named = columnsNamed(route);
  for (const column of [...choices.defaults, ...named]) if (column !== null) session.columns.add(column);
  return {
    api: session.api,
    choices,
    scenarios,
    knownColumns: [...session.columns],
    offeredColumns: [...session.columns, ...stacksOf(choices.defaults)],
    matrixLink: session.last.matrix,
    go(next, how) {
      const address = formatRoute(next);
      if (how?.replace === true) session.address.replace(address);
      else session.address.push(address);
      void show(session);
    },
    fail: (error) => fail(session, error),
    note(next) {
      const address = formatRoute(next);
      session.last[next.view] = address;
      session.shell.setRoute(next, session.last);
      session.address.note(address);
    },
  };
}
