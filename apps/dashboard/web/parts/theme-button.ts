import { h } from "../element.ts";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const STORED = "hvdiff-theme";
const SIGNS: Readonly<Record<Theme, string>> = { system: "◐", light: "☀︎", dark: "☾" };

/** Goes round system, light and dark; remembered in this browser. */
export function themeButton(): HTMLElement {
  const button = h("button", { type: "button", class: "icon-button" });
  let theme = currentTheme();
  const show = () => {
    button.textContent = SIGNS[theme];
    button.setAttribute("aria-label", `Theme: ${theme}`);
    button.title = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
    applyTheme(theme);
    show();
  });
  show();
  return button;
}

function currentTheme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  return THEMES.find((theme) => theme === chosen) ?? "system";
}

function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    if (theme === "system") localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, theme);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}
