import { alignmentRuns, traceStrip } from "@hvdiff/charts";
import type { AlignedRow } from "@hvdiff/lab";
import { count } from "../count.ts";
import { h } from "../element.ts";
import type { OtherColumn } from "./other-columns.ts";
import type { TraceCode } from "./trace-code.ts";
import { differencesOf, foldsOf, initialSpans, isShown, reveal, type Span, spansOf } from "./trace-folds.ts";
import { type TraceMoves, tracePanel } from "./trace-panel.ts";
import { foldRow, traceRow } from "./trace-rows.ts";

const LIMITS = { context: 3, rows: 400 };
const MOST_REVEALED = 200;
const MOST_FOUND = 200;
const AROUND = 12;
const STRIP_WIDTH = 1000;

export interface TraceViewOptions {
  readonly left: string;
  readonly right: string;
  /** Further columns beside the two. */
  readonly others: readonly OtherColumn[];
  /** The instructions behind events; null where they are not shown. */
  readonly code: TraceCode | null;
  /** Shows or hides the instructions. */
  oncode(isShown: boolean): void;
  /** The row looked at first. */
  readonly row: number | null;
  /** Another row is looked at. */
  onrow(row: number): void;
}

/** Two aligned traces with equal stretches folded, and what the keys do with them. */
export interface TraceView extends TraceMoves {
  readonly element: HTMLElement;
  /** Scrolls to the row looked at, once the element is in the page. */
  settle(): void;
  /** Looks at a row. */
  look(row: number): void;
  /** Goes to the field that finds rows. */
  find(): void;
}

interface Trace {
  readonly rows: readonly AlignedRow[];
  readonly others: readonly OtherColumn[];
  readonly code: TraceCode | null;
  readonly differences: readonly Span[];
  readonly body: HTMLElement;
  readonly position: HTMLElement;
  readonly cursor: HTMLElement;
  readonly onrow: (row: number) => void;
  /** Rows that were drawn once, by number. */
  readonly drawn: Map<number, HTMLElement>;
  /** The row that is marked as looked at. */
  marked: HTMLElement | null;
  /** What is shown. */
  spans: Span[];
  /** The row looked at. */
  current: number;
}

/** Draws the traces; the first divergence is looked at unless another row is given. */
export function createTraceView(rows: readonly AlignedRow[], options: TraceViewOptions): TraceView {
  const runs = alignmentRuns(rows);
  const differences = differencesOf(runs);
  const first = differences[0]?.start;
  const trace: Trace = {
    rows,
    others: options.others,
    code: options.code,
    differences,
    body: h("div", { role: "rowgroup", class: "trace-body" }),
    position: h("span", { class: "trace-position", role: "status" }),
    cursor: h("span", { class: "trace-cursor", "aria-hidden": "true" }),
    onrow: options.onrow,
    drawn: new Map(),
    marked: null,
    spans: initialSpans(runs, LIMITS),
    current: Math.min(options.row ?? first ?? 0, Math.max(0, rows.length - 1)),
  };
  if (!isShown(trace.spans, trace.current)) trace.spans = revealAround(trace, trace.current);
  draw(trace);
  trace.body.addEventListener("click", ({ target }) => {
    const row = target instanceof Element ? target.closest<HTMLElement>("[data-row]") : null;
    if (row !== null && getSelection()?.isCollapsed !== false) look(trace, Number(row.dataset["row"]));
  });
  const moves = movesOver(trace);
  const search = searchField(trace, () => initialSpans(runs, LIMITS));
  const { element, scroller } = tracePanel({
    ...options,
    body: trace.body,
    map: traceMap(trace, first),
    position: trace.position,
    moves,
    search,
    rows: rows.length,
    differences: differences.length,
  });
  return {
    element,
    ...moves,
    settle: () => centre(scroller, currentRow(trace)),
    look: (row) => look(trace, row),
    find: () => search.focus(),
  };
}

/** Shows the rows whose text fits, with the rest folded; without text what was shown at first. */
function searchField(trace: Trace, initial: () => Span[]): HTMLInputElement {
  let texts: readonly string[] | null = null;
  const searched = () => {
    texts ??= trace.rows.map(textOf);
    return texts;
  };
  const field = h("input", {
    type: "search",
    placeholder: "find events",
    "aria-label": "Find events in the traces",
    "data-key": "trace-search",
    // Of a long trace that takes a while: before one types.
    onfocus: searched,
    oninput: () => {
      const fitting = field.value.trim() === "" ? null : rowsWith(searched(), field.value);
      trace.spans = fitting === null ? initial() : spansOf(fitting, MOST_FOUND);
      draw(trace);
      if (fitting !== null) trace.position.textContent = count(fitting.length, "row fits", "rows fit");
    },
  });
  return field;
}

/** What a row is found by. */
function textOf({ kind, left, right }: AlignedRow): string {
  const text = kind === "same" ? (left?.text ?? "") : `${left?.text ?? ""}\n${right?.text ?? ""}`;
  return text.toLowerCase();
}

/** The rows in whose events each of the words occurs. */
function rowsWith(texts: readonly string[], words: string): number[] {
  const wanted = words.toLowerCase().trim().split(/\s+/);
  const fitting: number[] = [];
  for (const [index, text] of texts.entries()) if (wanted.every((word) => text.includes(word))) fitting.push(index);
  return fitting;
}

function draw(trace: Trace): void {
  const folds = foldsOf(trace.spans, trace.rows.length);
  const parts = [
    ...trace.spans.map((span) => ({ span, isFold: false })),
    ...folds.map((span) => ({ span, isFold: true })),
  ]
    .sort((one, other) => one.span.start - other.span.start)
    .flatMap(({ span, isFold }) => (isFold ? [drawFold(trace, span)] : drawRows(trace, span)));
  trace.body.replaceChildren(...parts);
  mark(trace);
}

function drawRows(trace: Trace, { start, end }: Span): HTMLElement[] {
  return trace.rows.slice(start, end).map((row, offset) => {
    const index = start + offset;
    const element = trace.drawn.get(index) ?? traceRow(row, index, trace);
    trace.drawn.set(index, element);
    return element;
  });
}

function drawFold(trace: Trace, fold: Span): HTMLElement {
  const first = trace.differences.findIndex(({ end }) => end > fold.start);
  const after = trace.differences.findIndex(({ start }) => start >= fold.end);
  const differing = first < 0 ? 0 : (after < 0 ? trace.differences.length : after) - first;
  return foldRow(fold, differing, () => {
    trace.spans = reveal(trace.spans, { start: fold.start, end: Math.min(fold.end, fold.start + MOST_REVEALED) });
    draw(trace);
    look(trace, fold.start);
  });
}

function revealAround({ spans, rows }: Trace, row: number): Span[] {
  return reveal(spans, { start: Math.max(0, row - AROUND), end: Math.min(rows.length, row + AROUND + 1) });
}

function currentRow({ body, current }: Trace): HTMLElement | null {
  return body.querySelector<HTMLElement>(`[data-row="${current}"]`);
}

function mark(trace: Trace): void {
  if (trace.marked !== null) {
    trace.marked.classList.remove("current");
    trace.marked.tabIndex = -1;
  }
  trace.marked = currentRow(trace);
  if (trace.marked !== null) {
    trace.marked.classList.add("current");
    trace.marked.tabIndex = 0;
  }
  trace.position.textContent = positionWords(trace);
  trace.cursor.style.left = `${(100 * (trace.current + 0.5)) / Math.max(1, trace.rows.length)}%`;
}

function positionWords({ current, differences }: Trace): string {
  const index = differences.findLastIndex(({ start }) => start <= current);
  if (differences.length === 0) return "no differences";
  return index < 0 ? count(differences.length, "difference") : `difference ${index + 1} of ${differences.length}`;
}

/** Looks at a row: shows it if it is folded, focuses it and tells. */
function look(trace: Trace, row: number): void {
  if (row < 0 || row >= trace.rows.length) return;
  trace.current = row;
  if (isShown(trace.spans, row)) mark(trace);
  else {
    trace.spans = revealAround(trace, row);
    draw(trace);
  }
  const element = currentRow(trace);
  element?.focus({ preventScroll: true });
  element?.scrollIntoView({ block: "nearest" });
  trace.onrow(row);
}

function movesOver(trace: Trace): TraceMoves {
  const to = (span: Span | undefined) => {
    if (span !== undefined) look(trace, span.start);
  };
  return {
    nextDifference: () => to(trace.differences.find(({ start }) => start > trace.current)),
    previousDifference: () => to(trace.differences.findLast(({ start }) => start < trace.current)),
    nextRow: () => look(trace, trace.current + 1),
    previousRow: () => look(trace, trace.current - 1),
  };
}

/** The map of the whole trace: a click looks at that place. */
function traceMap(trace: Trace, first: number | undefined): HTMLElement {
  const options = { document, width: STRIP_WIDTH, ...(first === undefined ? {} : { mark: first }) };
  const map = h("div", { class: "trace-map" }, traceStrip(trace.rows, options), trace.cursor);
  map.addEventListener("click", ({ clientX }) => {
    const box = map.getBoundingClientRect();
    look(trace, Math.floor(((clientX - box.left) / Math.max(1, box.width)) * trace.rows.length));
  });
  return map;
}

function centre(scroller: HTMLElement, row: HTMLElement | null): void {
  if (row !== null) scroller.scrollTop = Math.max(0, row.offsetTop - scroller.clientHeight / 3);
}
