import { h } from "../element.ts";
import { columnName } from "./column-name.ts";

/** What a column picker shows and whom it tells. */
export interface ColumnPickerOptions {
  readonly columns: readonly string[];
  readonly known: readonly string[];
  /** The columns chosen are not the default ones. */
  readonly isCustom: boolean;
  /** Null: back to the default columns. */
  onchange(columns: readonly string[] | null): void;
}

/** The chosen columns as removable chips, the first being the reference, and a field to add one. */
export function columnPicker(options: ColumnPickerOptions): HTMLElement {
  return h(
    "div",
    { class: "column-picker", role: "group", "aria-label": "Columns" },
    h(
      "ul",
      { class: "chips" },
      ...options.columns.map((column, index) => chip(column, index, options)),
      h("li", { class: "chip-add" }, addForm(options), options.isCustom && resetButton(options)),
    ),
  );
}

function chip(column: string, index: number, options: ColumnPickerOptions): HTMLElement {
  const remove = () => options.onchange(options.columns.filter((other) => other !== column));
  return h(
    "li",
    { class: index === 0 ? "chip reference" : "chip" },
    columnName(column),
    index === 0 && h("span", { class: "chip-role" }, "reference"),
    options.columns.length > 1 &&
      h(
        "button",
        { type: "button", class: "chip-remove", "aria-label": `Remove column ${column}`, onclick: remove },
        "×",
      ),
  );
}

function resetButton(options: ColumnPickerOptions): HTMLElement {
  const reset = () => options.onchange(null);
  return h(
    "button",
    { type: "button", class: "plain", "data-key": "columns-reset", onclick: reset },
    "Default columns",
  );
}

function addForm(options: ColumnPickerOptions): HTMLElement {
  const input = h("input", {
    name: "column",
    list: "known-columns",
    placeholder: "kvm@6.6, virtualbox@7.1 …",
    "aria-label": "Add a column",
    "data-key": "columns-add",
    spellcheck: "false",
    autocomplete: "off",
  });
  const offered = options.known.filter((column) => !options.columns.includes(column));
  return h(
    "form",
    {
      class: "column-add",
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        const added = input.value.split(",").map((column) => column.trim());
        const columns = [...new Set([...options.columns, ...added.filter((column) => column !== "")])];
        if (columns.length > options.columns.length) options.onchange(columns);
      },
    },
    input,
    h("datalist", { id: "known-columns" }, ...offered.map((column) => h("option", { value: column }))),
    h("button", { type: "submit" }, "Add"),
  );
}
