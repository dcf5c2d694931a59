import { h } from "./element.ts";
import { helpDialog } from "./parts/help-dialog.ts";
import { themeButton } from "./parts/theme-button.ts";
import { formatRoute, HOME, type Route } from "./route.ts";

/** The page around the views. */
export interface Shell {
  readonly main: HTMLElement;
  /** Marks where one is, and keeps the links to the other views up to date. */
  setRoute(route: Route, links: Readonly<Record<Route["view"], string>>): void;
  openHelp(): void;
}

const TITLES: Readonly<Record<Route["view"], string>> = {
  matrix: "Matrix",
  compare: "Comparison",
  caps: "Capabilities",
  structures: "Structures",
  walk: "Page walk",
  schedules: "Schedules",
  own: "Your guest",
  quirks: "Quirks",
};

/** Where not all links fit, scrolls them so that this one is in the middle. */
function bringIntoView(link: HTMLElement): void {
  const nav = link.parentElement;
  if (nav === null) return;
  nav.scrollLeft = link.offsetLeft - nav.offsetLeft + (link.offsetWidth - nav.clientWidth) / 2;
  markScrolled(nav);
}

/** What is cut off fades out. */
function markScrolled(nav: HTMLElement): void {
  nav.classList.toggle("scrolled", nav.scrollLeft > 0);
}

/** Builds header, main and help into the container. */
export function createShell(container: HTMLElement): Shell {
  const main = h("main", { id: "content", tabindex: -1 });
  const help = helpDialog();
  const views = Object.keys(TITLES) as Route["view"][];
  const links = views.map((view) => h("a", { href: formatRoute(HOME), "data-view": view }, TITLES[view]));
  const openHelp = () => help.showModal();
  const nav = h("nav", { "aria-label": "Views", onscroll: () => markScrolled(nav) }, ...links);
  const header = h(
    "header",
    { class: "page-header" },
    h(
      "a",
      { class: "brand", href: formatRoute(HOME) },
      h("span", { class: "brand-mark", "aria-hidden": "true" }),
      "hvdiff",
    ),
    nav,
    h(
      "div",
      { class: "header-actions" },
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": "Keys", title: "Keys (?)", onclick: openHelp },
        "?",
      ),
      themeButton(),
    ),
  );
  container.replaceChildren(header, main, help);
  document.querySelector("[data-skip]")?.addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  addEventListener("resize", () => {
    const current = links.find((link) => link.hasAttribute("aria-current"));
    if (current !== undefined) bringIntoView(current);
  });
  return {
    main,
    openHelp,
    setRoute(route, addresses) {
      for (const link of links) {
        const view = link.dataset["view"] as Route["view"];
        if (link.getAttribute("href") !== addresses[view]) link.setAttribute("href", addresses[view]);
        const isCurrent = view === route.view;
        if (isCurrent === link.hasAttribute("aria-current")) continue;
        if (!isCurrent) link.removeAttribute("aria-current");
        else {
          link.setAttribute("aria-current", "page");
          bringIntoView(link);
        }
      }
    },
  };
}
