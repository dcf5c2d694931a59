import type { ScenarioResult } from "@hvdiff/lab";
import type { Api, Choices } from "./api.ts";
import type { Route } from "./route.ts";

/** What a view is given beside its route. */
export interface ViewContext {
  readonly api: Api;
  readonly choices: Choices;
  readonly scenarios: readonly ScenarioResult[];
  /** Columns to offer: the default ones and those named so far. */
  readonly knownColumns: readonly string[];
  /** These, and hypervisors on each other: for views that take stacks. */
  readonly offeredColumns: readonly string[];
  /** The matrix as it was last looked at. */
  readonly matrixLink: string;
  /** Shows another route; `replace` leaves no entry in the history. */
  go(route: Route, how?: { replace?: boolean }): void;
  /** Shows an error in place of results that were shown already. */
  fail(error: unknown): void;
  /** Keeps the address up to date without drawing again. */
  note(route: Route): void;
}

/** A drawn view: controls at once, results when they are there. */
export interface View {
  readonly title: string;
  readonly controls: HTMLElement;
  readonly load: Promise<HTMLElement>;
  /** Called when another view takes over. */
  readonly stop?: () => void;
  /** Called when the results are in the page. */
  readonly onShown?: () => void;
  /** Single keys, while no text field has the focus. */
  readonly keys?: Readonly<Record<string, () => void>>;
}
