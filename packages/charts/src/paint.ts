/**
 * Colours as CSS variables with a fall-back: a page themes them, a saved SVG file still has colours. Two hues carry every difference, blue for
 * the reference and orange for the other side (Okabe and Ito's, told apart by colour-blind eyes); shape or place always says the same.
 */
export const PAINT = {
  text: "var(--hv-text, #1f2733)",
  muted: "var(--hv-muted, #5d6775)",
  line: "var(--hv-line, #d9dee5)",
  same: "var(--hv-same, #e6e9ee)",
  reference: "var(--hv-reference, #0072b2)",
  here: "var(--hv-here, #d98200)",
  hereSoft: "var(--hv-here-soft, #fdf1dd)",
  unexplainedSoft: "var(--hv-unexplained-soft, #fbe9f2)",
  unexplained: "var(--hv-unexplained, #b3246b)",
  surface: "var(--hv-surface, #ffffff)",
} as const;

export const FONT = {
  sans: "var(--hv-sans, system-ui, sans-serif)",
  mono: "var(--hv-mono, ui-monospace, monospace)",
} as const;
