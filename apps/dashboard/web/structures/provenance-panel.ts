import type { StructuresResult } from "@hvdiff/lab";
import { type Child, h } from "../element.ts";
import { momentOf, type Origin, type StructureNow } from "./structure-history.ts";

export interface ProvenanceOptions {
  readonly result: StructuresResult;
  readonly structures: readonly StructureNow[];
  /** The bit that is asked for. */
  readonly bit: number | null;
  onmoment(moment: number): void;
}

/** Where a value came from, step by step back to the instruction, exit or table that made it. */
export function provenancePanel(origin: Origin, options: ProvenanceOptions): HTMLElement {
  const field = options.result.fields.find(({ name }) => name === origin.field);
  return h(
    "aside",
    { class: "provenance", "aria-labelledby": "provenance-title" },
    h("h2", { id: "provenance-title" }, "Where from"),
    h("p", { class: "quiet" }, `${field?.title ?? origin.field} · ${field?.manual ?? ""}`),
    h("ol", { class: "chain" }, ...stepsOf(origin, options)),
    bitsOf(origin, options),
  );
}

/** What to do, while no field is chosen. */
export function provenanceHint(): HTMLElement {
  return h(
    "aside",
    { class: "provenance", "aria-labelledby": "provenance-title" },
    h("h2", { id: "provenance-title" }, "Where from"),
    h(
      "p",
      { class: "quiet" },
      "Click a value: every write and merge behind it, back to the instruction that began it.",
    ),
  );
}

function stepsOf(origin: Origin, options: ProvenanceOptions): HTMLElement[] {
  const { of, field, value, change, event, from } = origin;
  const way = change === null ? null : options.result.ways[change.way];
  const head = h(
    "p",
    { class: "chain-head" },
    h("span", { class: "mono" }, `${of}.${field}`),
    " = ",
    h("span", { class: "mono chain-value" }, value),
  );
  if (change === null) return [h("li", {}, head, h("p", { class: "quiet" }, "never written: 0 from the start"))];
  const moment = event?.index ?? momentOf(change);
  const step = h(
    "li",
    {},
    head,
    h("p", { class: "chain-way" }, way?.title ?? change.way, change.by !== undefined && ` (${change.by})`),
    h("p", { class: "quiet" }, way?.why ?? ""),
    event !== null &&
      h(
        "button",
        { type: "button", class: "plain chain-event", onclick: () => options.onmoment(moment) },
        `at event ${moment + 1}: L${event.level} ${event.text}`,
      ),
    from.length > 1 && branchesOf(from, options),
  );
  const [only] = from;
  return from.length === 1 && only !== undefined ? [step, ...stepsOf(only, options)] : [step];
}

function branchesOf(from: readonly Origin[], options: ProvenanceOptions): Child {
  return from.map((branch) =>
    h(
      "details",
      { class: "chain-branch" },
      h("summary", {}, "made of ", h("span", { class: "mono" }, `${branch.of}.${branch.field} = ${branch.value}`)),
      h("ol", { class: "chain" }, ...stepsOf(branch, options)),
    ),
  );
}

function isSet(value: string, bit: number): boolean {
  return ((BigInt(value) >> BigInt(bit)) & 1n) === 1n;
}

/** The named bits of the field, in every structure at this moment. */
function bitsOf({ field }: Origin, { result, structures, bit }: ProvenanceOptions): HTMLElement | null {
  const bits = result.fields.find(({ name }) => name === field)?.bits ?? [];
  const present = structures.filter(({ at }) => at !== "");
  const values = present.map(({ values }) => values.get(field) ?? "0x0");
  const shown = bits.filter((named) => named.bit === bit || values.some((value) => isSet(value, named.bit)));
  if (shown.length === 0) return null;
  return h(
    "table",
    { class: "bits-table" },
    h("caption", {}, "Bits that are set"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Bit"),
        ...present.map(({ name }) => h("th", { scope: "col", class: "mono" }, name)),
      ),
    ),
    h(
      "tbody",
      {},
      ...shown.map((named) =>
        h(
          "tr",
          { class: named.bit === bit ? "asked" : null },
          h("th", { scope: "row" }, h("span", { class: "quiet mono" }, named.bit), ` ${named.name}`),
          ...values.map((value) => {
            const on = isSet(value, named.bit);
            return h("td", { class: on ? "on" : "off" }, on ? "1" : "0");
          }),
        ),
      ),
    ),
  );
}
