import type { StructureField, StructuresResult } from "@hvdiff/lab";
import { h } from "../element.ts";
import type { StructureNow } from "./structure-history.ts";

const OWNERS: Readonly<Record<string, string>> = {
  "01": "L0 runs L1 with it",
  "12": "L1 made it for L2",
  "02": "L0 merged it to run L2",
  shadow: "L1 lets L2 access it",
  evmcs: "L1's enlightened page",
};

export interface FieldsTableOptions {
  readonly result: StructuresResult;
  readonly structures: readonly StructureNow[];
  /** `structure.field` that is explained. */
  readonly chosen: string | null;
  /** Also fields that are 0 everywhere. */
  readonly all: boolean;
  /** Only fields with these words. */
  readonly words: string;
  onfield(of: string, field: string): void;
}

/** Every field of every structure, side by side. */
export function fieldsTable(options: FieldsTableOptions): HTMLElement {
  const { result, structures } = options;
  const shown = result.fields.filter((field) => isShown(field, options));
  const groups = [...new Set(shown.map(({ group }) => group))];
  return h(
    "div",
    { class: "structure-scroll", tabindex: 0, role: "group", "aria-label": "Fields" },
    h(
      "table",
      { class: "structure-table" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Field"), ...structures.map(headOf))),
      ...groups.map((group) =>
        h(
          "tbody",
          {},
          h("tr", { class: "structure-group" }, h("th", { scope: "rowgroup", colspan: structures.length + 1 }, group)),
          ...shown.filter((field) => field.group === group).map((field) => rowOf(field, options)),
        ),
      ),
    ),
    shown.length === 0 && h("p", { class: "quiet structure-none" }, "No field fits."),
  );
}

function isShown({ name, title }: StructureField, { structures, all, words }: FieldsTableOptions): boolean {
  const haystack = `${name} ${title}`.toLowerCase();
  if (
    !words
      .toLowerCase()
      .split(/\s+/)
      .every((word) => haystack.includes(word))
  )
    return false;
  return all || words !== "" || structures.some(({ values }) => (values.get(name) ?? "0x0") !== "0x0");
}

function headOf({ name, at, home, host }: StructureNow): HTMLElement {
  const owner = OWNERS[name] ?? OWNERS[name.slice(-2)] ?? "";
  const isCopy = home !== host;
  const place =
    at === ""
      ? "none now"
      : home === at
        ? `host ${at}`
        : `L1-physical ${at}, ${isCopy ? "kept" : "is"} at host ${host}`;
  return h(
    "th",
    { scope: "col", title: isCopy ? `its own page is at host ${home}; L0 works on a copy` : null },
    h("span", { class: "structure-name mono" }, name),
    h("span", { class: "structure-owner" }, owner),
    h("span", { class: "structure-place mono" }, place),
  );
}

function rowOf(field: StructureField, options: FieldsTableOptions): HTMLElement {
  const { structures } = options;
  const values = structures.map(({ values }) => values.get(field.name) ?? "0x0");
  return h(
    "tr",
    { "data-field": field.name },
    h("th", { scope: "row", title: `${field.title} · ${field.manual}` }, h("span", { class: "mono" }, field.name)),
    ...structures.map((structure, index) => cellOf(field, { structure, value: values[index] ?? "0x0", options })),
  );
}

function cellOf(
  field: StructureField,
  cell: { structure: StructureNow; value: string; options: FieldsTableOptions },
): HTMLElement {
  const { structure, value, options } = cell;
  if (structure.at === "") return h("td", { class: "absent" });
  const reference = `${structure.name}.${field.name}`;
  const isFresh = structure.fresh.has(field.name);
  const isChosen = options.chosen === reference;
  return h(
    "td",
    { class: [isFresh && "fresh", isChosen && "chosen"].filter(Boolean).join(" ") },
    h(
      "button",
      {
        type: "button",
        class: value === "0x0" ? "value-button zero mono" : "value-button mono",
        "data-key": `field-${reference}`,
        "aria-pressed": isChosen ? "true" : "false",
        "aria-label": `${reference} ${value}${isFresh ? ", just written" : ""}: where from?`,
        onclick: () => options.onfield(structure.name, field.name),
      },
      value,
    ),
  );
}
