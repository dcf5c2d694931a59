import type { Palette } from "./palette.ts";
import { padTo, widthOf, wrap } from "./wrap.ts";

/** No left side is worth pushing all right sides further than this part of the line. */
const LARGEST_SHARE = 0.55;

/**
 * Something to type beside what it means. The left side is never broken, so that it can be copied; where it is too long, the meaning
 * goes on the lines below.
 */
export function pairLines(
  pairs: readonly (readonly [left: string, right: string])[],
  { palette, width }: { readonly palette: Palette; readonly width: number },
): string[] {
  const limit = Math.floor(width * LARGEST_SHARE);
  const column = Math.max(0, ...pairs.map(([left]) => widthOf(left)).filter((length) => length <= limit));
  return pairs.flatMap(([left, right]) => {
    if (widthOf(left) > limit) {
      return [`  ${palette.name(left)}`, ...wrap(right, width - 6).map((line) => `      ${line}`)];
    }
    const lines = wrap(right, width - column - 4);
    const first = `  ${palette.name(left)}${padTo("", column - widthOf(left))}  ${lines[0]}`;
    return [first, ...lines.slice(1).map((line) => " ".repeat(column + 4) + line)];
  });
}
