/** Units of a timeline's width, whose letters have 12 of them: on a narrow screen it has fewer, so that they can be read. */
export function timelineWidth(): number {
  return innerWidth <= 760 ? 400 : 1000;
}
