import type { MatrixResult, QuirkResult } from "@hvdiff/lab";
import type { CompletionNames, Query } from "@hvdiff/query";
import { comparisonOf, formatRoute, type MatrixRoute } from "../route.ts";
import type { View, ViewContext } from "../view.ts";
import { createMatrixBoard, type MatrixArrangement, type MatrixBoard } from "./matrix-board.ts";
import { matrixControls } from "./matrix-controls.ts";
import { readQuery } from "./query-bar.ts";

const EVERYTHING: Query = { kind: "everything" };

/** A drawn matrix and what may change without drawing it again. */
interface Drawn {
  route: MatrixRoute;
  query: Query;
  board: MatrixBoard | null;
  quirks: readonly QuirkResult[];
}

/** Scenarios x columns: who differs from the reference, where, and by how much. */
export function matrixView(route: MatrixRoute, context: ViewContext): View {
  const columns = route.on ?? context.choices.defaults;
  const stopped = new AbortController();
  const parsed = readQuery(route.q, columns);
  const drawn: Drawn = { route, query: parsed.ok ? parsed.query : EVERYTHING, board: null, quirks: [] };
  const load = async () => {
    drawn.quirks = await context.api.quirks();
    const board = createBoard(drawn, context, columns);
    drawn.board = board;
    fill(board, { route, context, stopped: stopped.signal }).catch((error: unknown) => {
      if (!stopped.signal.aborted) context.fail(error);
    });
    return board.element;
  };
  const arrange = (part: Partial<MatrixRoute>) => {
    drawn.route = { ...drawn.route, ...part };
    drawn.board?.arrange(arrangementOf(drawn));
    context.note(drawn.route);
  };
  const controls = matrixControls({
    route: () => drawn.route,
    columns,
    context,
    names: () => namesOf(drawn, context, columns),
    onarrange: arrange,
    onquery(q, query) {
      drawn.query = query;
      arrange({ q });
    },
  });
  const focusQuery = () => controls.querySelector<HTMLElement>("[data-key=query]")?.focus();
  return { title: "Matrix", controls, load: load(), stop: () => stopped.abort(), keys: { "/": focusQuery } };
}

function arrangementOf({ route, query }: Drawn): MatrixArrangement {
  const { all, group, sort } = route;
  return { all, query, group, sort };
}

function createBoard(drawn: Drawn, context: ViewContext, columns: readonly string[]): MatrixBoard {
  const { route, quirks } = drawn;
  return createMatrixBoard({
    scenarios: context.scenarios,
    columns,
    quirks,
    chart: route.chart,
    arrangement: arrangementOf(drawn),
    href: (scenario, column) => linkToCell(route, columns, { scenario, column }),
  });
}

/** What a query can name: what there is, and what has been seen in results so far. */
function namesOf({ board, quirks }: Drawn, context: ViewContext, columns: readonly string[]): CompletionNames {
  const cells = [...(board?.known.values() ?? [])].flatMap((row) => row.cells);
  const distinct = (names: readonly string[]) => [...new Set(names)];
  return {
    columns,
    scenarios: context.scenarios.map(({ id }) => id),
    quirks: quirks.map(({ id }) => id),
    tags: distinct(context.scenarios.flatMap(({ tags }) => tags)),
    needs: distinct(context.scenarios.flatMap(({ needs }) => needs)),
    exits: distinct(cells.flatMap(({ exits }) => exits)),
    verdicts: distinct(cells.flatMap(({ differs }) => differs)),
  };
}

/** Row after row: what one looks at next need not wait for the whole matrix. */
async function fill(
  board: MatrixBoard,
  given: { route: MatrixRoute; context: ViewContext; stopped: AbortSignal },
): Promise<void> {
  const { route, context, stopped } = given;
  const ask = (index: number) => {
    const scenario = context.scenarios[index]?.id;
    return scenario === undefined ? null : context.api.matrixRow({ scenario, on: route.on, cpu: route.cpu });
  };
  let next = ask(0);
  for (let index = 0; next !== null; index += 1) {
    // The one after it is asked for meanwhile; should that fail, it is told when its turn comes.
    const after = ask(index + 1);
    after?.catch(() => {});
    const answer: MatrixResult = await next;
    if (stopped.aborted) return;
    board.add(answer);
    next = after;
  }
}

/** A cell leads to its column against the reference; the reference's own to the first other column. */
function linkToCell(
  route: MatrixRoute,
  [reference, second]: readonly string[],
  { scenario, column }: { scenario: string; column: string },
): string {
  const right = column === reference ? (second ?? column) : column;
  return formatRoute(comparisonOf({ scenario, left: reference ?? column, right, cpu: route.cpu }));
}
