import { type Completion, type CompletionNames, complete, type Parsed, parseQuery, type Query } from "@hvdiff/query";
import { h } from "../element.ts";

export interface QueryBarOptions {
  readonly text: string;
  /** What there is to name; asked for when it is needed. */
  names(): CompletionNames;
  /** The text can be read, and means this. */
  onquery(text: string, query: Query): void;
}

interface Bar {
  readonly input: HTMLInputElement;
  readonly list: HTMLElement;
  readonly error: HTMLElement;
  readonly options: QueryBarOptions;
  offer: Completion | null;
  /** Which of the offers is chosen; -1 for none. */
  chosen: number;
}

const LIST_ID = "query-offers";
const ERROR_ID = "query-error";

/** A field for a query, with completion as one types and an error that points at its place. */
export function queryBar(options: QueryBarOptions): HTMLElement {
  const input = h("input", {
    value: options.text,
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": LIST_ID,
    "aria-autocomplete": "list",
    "aria-describedby": ERROR_ID,
    placeholder: "is:different kvm:!metal quirk:kvm/* …",
    "data-key": "query",
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
  });
  const list = h("ul", { id: LIST_ID, class: "offers", role: "listbox", "aria-label": "Ways to go on", hidden: true });
  const error = h("p", { id: ERROR_ID, class: "query-error", role: "status" });
  const bar: Bar = { input, list, error, options, offer: null, chosen: -1 };
  input.addEventListener("input", () => {
    read(bar);
    offer(bar);
  });
  input.addEventListener("keydown", (event) => onKey(bar, event));
  input.addEventListener("blur", () => close(bar));
  read(bar, { isQuiet: true });
  return h(
    "div",
    { class: "query-bar" },
    h("label", { class: "field" }, h("span", { class: "field-label" }, "Query (/)"), input),
    list,
    error,
  );
}

/** Reads a query over the columns that are shown. */
export function readQuery(text: string, columns: readonly string[]): Parsed {
  return parseQuery(text, { columns });
}

function read({ input, error, options }: Bar, { isQuiet = false } = {}): void {
  const text = input.value;
  const parsed = readQuery(text, options.names().columns);
  input.setAttribute("aria-invalid", String(!parsed.ok));
  if (parsed.ok) {
    error.replaceChildren();
    if (!isQuiet) options.onquery(text, parsed.query);
    return;
  }
  const { start, end, message } = parsed.error;
  error.replaceChildren(
    h(
      "code",
      {},
      text.slice(0, start),
      h("mark", {}, text.slice(start, Math.max(end, start)) || "‸"),
      text.slice(Math.max(end, start)),
    ),
    h("span", {}, `Character ${start + 1}: ${message}.`),
  );
}

function offer(bar: Bar): void {
  const { input, list, options } = bar;
  const found = complete(input.value, input.selectionStart ?? input.value.length, options.names());
  bar.offer = found;
  bar.chosen = -1;
  list.replaceChildren(
    ...found.items.map(({ text, summary }, index) =>
      h(
        "li",
        {
          role: "option",
          id: `${LIST_ID}-${index}`,
          "aria-selected": "false",
          onpointerdown: (event: PointerEvent) => {
            event.preventDefault();
            take(bar, index);
          },
        },
        h("span", { class: "mono" }, text),
        summary !== "" && h("span", { class: "quiet" }, summary),
      ),
    ),
  );
  list.hidden = found.items.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
}

function onKey(bar: Bar, event: KeyboardEvent): void {
  const { input, list } = bar;
  const action = list.hidden ? closedAction(bar, event.key) : openAction(bar, event);
  if (action === null) return;
  action();
  event.preventDefault();
  if (bar.chosen >= 0) input.setAttribute("aria-activedescendant", `${LIST_ID}-${bar.chosen}`);
  else input.removeAttribute("aria-activedescendant");
}

function closedAction(bar: Bar, key: string): (() => void) | null {
  return key === "ArrowDown" ? () => offer(bar) : null;
}

function openAction(bar: Bar, { key, shiftKey }: KeyboardEvent): (() => void) | null {
  const { chosen } = bar;
  const count = bar.offer?.items.length ?? 0;
  if (key === "ArrowDown") return () => choose(bar, (chosen + 1) % count);
  if (key === "ArrowUp") return () => choose(bar, chosen <= 0 ? count - 1 : chosen - 1);
  if (key === "Escape") return () => close(bar);
  if (key === "Enter") return () => (chosen >= 0 ? take(bar, chosen) : close(bar));
  return key === "Tab" && !shiftKey && chosen >= 0 ? () => take(bar, chosen) : null;
}

function choose(bar: Bar, index: number): void {
  bar.chosen = index;
  for (const [at, item] of [...bar.list.children].entries()) item.setAttribute("aria-selected", String(at === index));
  bar.list.children[index]?.scrollIntoView({ block: "nearest" });
}

/** Puts an offer in place of the word at the caret; what ends in a colon or a parenthesis is gone on with. */
function take(bar: Bar, index: number): void {
  const item = bar.offer?.items[index];
  if (item === undefined || bar.offer === null) return;
  const { input } = bar;
  const isWhole = !/[:(]$/.test(item.text);
  const stand = input.value.slice(0, bar.offer.start);
  const isInSequence = /\bseq\([^()]*$/i.test(stand);
  const before = stand + item.text + (isWhole && !isInSequence ? " " : "");
  input.value = before + input.value.slice(bar.offer.end).trimStart();
  input.setSelectionRange(before.length, before.length);
  read(bar);
  if (isWhole) close(bar);
  else offer(bar);
}

function close(bar: Bar): void {
  bar.list.hidden = true;
  bar.chosen = -1;
  bar.input.setAttribute("aria-expanded", "false");
}
