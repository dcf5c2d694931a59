import { capabilityGrid, columnLines } from "@hvdiff/charts";
import type { CapabilityBit, CapabilityField, CapabilityGroup, Cause } from "@hvdiff/lab";
import { type Child, h } from "../element.ts";
import { causeChips } from "../parts/cause-chip.ts";
import { columnName } from "../parts/column-name.ts";
import { fittedChart } from "../parts/fitted-chart.ts";
import { stateMark } from "./state-mark.ts";

export interface SectionOptions {
  readonly columns: readonly string[];
  /** Also what does not differ. */
  readonly all: boolean;
}

/** One register: its raw values, its bits as a picture, and the bits and fields as a table with causes. */
export function capabilitySection(group: CapabilityGroup, options: SectionOptions): HTMLElement {
  const id = `group-${group.source.replaceAll(/\W+/g, "-")}`;
  return h(
    "section",
    { class: "capability-group", "aria-labelledby": id },
    h("div", { class: "section-head" }, h("h2", { id }, group.title), h("span", { class: "mono quiet" }, group.source)),
    group.bits.length > 0 && fittedChart(capabilityGrid(group, { document, columns: options.columns.map(shortName) })),
    table(group, options),
  );
}

function shortName(column: string): string {
  return columnLines(column)[0] ?? column;
}

function table(group: CapabilityGroup, options: SectionOptions): HTMLElement {
  const bits = options.all ? group.bits : group.bits.filter((bit) => bit.differs);
  const fields = options.all ? group.fields : group.fields.filter((field) => field.differs);
  return h(
    "div",
    { class: "table-scroll" },
    h(
      "table",
      { class: "capability-table cards", role: "table" },
      h("thead", { role: "rowgroup" }, headerRow(options.columns)),
      h(
        "tbody",
        { role: "rowgroup" },
        rawRow(group, options.columns),
        ...bits.map((bit) => bitRow(bit, options.columns, group.source)),
        ...fields.map((field) => fieldRow(field, options.columns, group.source)),
      ),
    ),
  );
}

function headerRow(columns: readonly string[]): HTMLElement {
  return h(
    "tr",
    { role: "row" },
    h("th", { role: "columnheader", scope: "col" }, "Bit or field"),
    ...columns.map((column) => h("th", { role: "columnheader", scope: "col" }, columnName(column))),
    h("th", { role: "columnheader", scope: "col" }, "Cause"),
  );
}

function rawRow(group: CapabilityGroup, columns: readonly string[]): HTMLElement {
  const reference = group.raw[0] ?? null;
  const words = (value: string | null): Child => {
    if (value === null) return h("span", { class: "absent-value" }, "none");
    return digits(value, reference ?? value);
  };
  return row({
    name: "raw value",
    className: "raw",
    columns,
    cells: group.raw.map((value) => ({ words: words(value), differs: value !== reference })),
    causes: [],
  });
}

/** A hexadecimal value that may break between its halves, with each digit marked that is not the reference's. */
function digits(value: string, reference: string): Child {
  const half = 2 + (value.length - 2) / 2;
  return [...value].map((digit, index) => [
    index === half && h("wbr"),
    digit === (reference[index] ?? digit) ? digit : h("mark", {}, digit),
  ]);
}

function bitRow(bit: CapabilityBit, columns: readonly string[], source: string): HTMLElement {
  return row({
    name: [h("span", { class: "bit-number mono" }, bit.bit), h("span", { title: bit.qemu ?? bit.name }, bit.label)],
    className: bit.differs ? "differs" : "same",
    columns,
    cells: bit.states.map((state) => ({ words: stateMark(state), differs: state !== bit.states[0] })),
    causes: causesOf(bit.causes, columns, `${source}-${bit.bit}`),
  });
}

function fieldRow(field: CapabilityField, columns: readonly string[], source: string): HTMLElement {
  return row({
    name: field.label,
    className: field.differs ? "differs" : "same",
    columns,
    cells: field.values.map((value) => ({
      words: h("span", { class: "mono" }, value),
      differs: value !== field.values[0],
    })),
    causes: causesOf(field.causes, columns, `${source}-${field.label}`),
  });
}

interface TableRow {
  readonly name: Child;
  readonly className: string;
  readonly columns: readonly string[];
  readonly cells: readonly { readonly words: Child; readonly differs: boolean }[];
  readonly causes: readonly HTMLElement[];
}

function row({ name, className, columns, cells, causes }: TableRow): HTMLElement {
  return h(
    "tr",
    { role: "row", class: className },
    h("th", { role: "rowheader", scope: "row" }, name),
    ...cells.map(({ words, differs }, index) =>
      h(
        "td",
        { role: "cell", class: differs ? "value differs" : "value", "data-label": columns[index] },
        h("div", {}, words),
      ),
    ),
    h("td", { role: "cell", class: "cause", "data-label": "Cause" }, h("div", {}, ...causes)),
  );
}

/** The causes of a row, each once, with the columns it holds for. */
function causesOf(causes: readonly (Cause | null)[], columns: readonly string[], key: string): HTMLElement[] {
  const byText = new Map<string, { cause: Cause; columns: string[] }>();
  causes.forEach((cause, index) => {
    if (cause === null) return;
    const text = cause.kind === "quirks" ? cause.quirks.map((quirk) => quirk.id).join() : cause.kind;
    const entry = byText.get(text) ?? { cause, columns: [] };
    entry.columns.push(shortName(columns[index + 1] ?? ""));
    byText.set(text, entry);
  });
  return [...byText].map(([text, entry]) =>
    h(
      "span",
      { class: "cause-for" },
      columns.length > 2 && h("span", { class: "quiet" }, entry.columns.join(", ")),
      causeChips(entry.cause, `${key}-${text}`),
    ),
  );
}
