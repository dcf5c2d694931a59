import type { Choices } from "../api.ts";
import { h } from "../element.ts";

/** A labelled choice of one of a few. */
export function selectField(options: {
  readonly label: string;
  readonly key: string;
  readonly value: string;
  readonly choices: readonly { readonly value: string; readonly text: string }[];
  onchange(value: string): void;
}): HTMLElement {
  const isKnown = options.choices.some((choice) => choice.value === options.value);
  const choices = isKnown ? options.choices : [{ value: options.value, text: options.value }, ...options.choices];
  const select = h(
    "select",
    { "data-key": options.key, onchange: () => options.onchange(select.value) },
    ...choices.map(({ value, text }) => h("option", { value, selected: value === options.value }, text)),
  );
  return h("label", { class: "field" }, h("span", { class: "field-label" }, options.label), select);
}

/** The silicon: the first model is the default and stays out of the permalink. */
export function cpuField(choices: Choices, cpu: string | null, onchange: (cpu: string | null) => void): HTMLElement {
  const standard = choices.cpus[0]?.id ?? "";
  return selectField({
    label: "Silicon",
    key: "cpu",
    value: cpu ?? standard,
    choices: choices.cpus.map(({ id, title }) => ({ value: id, text: `${id} · ${title}` })),
    onchange: (value) => onchange(value === standard ? null : value),
  });
}

/** A switch with its label. */
export function toggleField(options: {
  readonly label: string;
  readonly key: string;
  readonly on: boolean;
  onchange(on: boolean): void;
}): HTMLElement {
  const box = h("input", {
    type: "checkbox",
    role: "switch",
    checked: options.on,
    "data-key": options.key,
    onchange: () => options.onchange(box.checked),
  });
  return h("label", { class: "toggle" }, box, h("span", {}, options.label));
}
