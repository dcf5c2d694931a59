const NARROW = "(max-width: 760px)";

/** Units of a timeline's width, whose letters have 12 of them: on a narrow screen it has fewer, so that they can be read. */
export function timelineWidth(): number {
  return matchMedia(NARROW).matches ? 400 : 1000;
}

/** Draws again whenever that width changes, as long as the element is in the page. */
export function onTimelineWidth(element: HTMLElement, draw: () => void): void {
  const narrow = matchMedia(NARROW);
  const onchange = () => {
    if (element.isConnected) draw();
    else narrow.removeEventListener("change", onchange);
  };
  narrow.addEventListener("change", onchange);
}
