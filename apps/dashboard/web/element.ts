/** What can be put into an element; null and false put nothing. */
export type Child = Node | string | number | null | false | readonly Child[];

type Value = string | number | boolean | null | undefined | ((event: never) => void);

/**
 * Creates an element: `h("a", { href, class: "cell", onclick }, "text")`. Names starting with `on` are listeners, `true` is an empty attribute,
 * `false`, `null` and `undefined` leave it out.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Value>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const name in attributes) {
    const value = attributes[name];
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) put(element, child);
  return element;
}

function put(parent: Element, child: Child): void {
  if (child === null || child === false) return;
  if (typeof child === "object" && !(child instanceof Node)) for (const each of child) put(parent, each);
  else parent.append(typeof child === "number" ? String(child) : child);
}
