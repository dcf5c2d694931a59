import type { Linter } from "./finding.ts";

const YEARS = 2;

/** `≤` means that nobody looked further back, which is fit only for releases more than two years older than the newest. */
export const lintAtLeast: Linter = ({ quirks, releases }) => {
  const newest = releases.at(-1)?.date ?? "";
  return quirks.flatMap(({ id, since }) => {
    if (since === undefined || !since.startsWith("≤")) return [];
    const date = releases.find(({ version }) => version === since.slice(1))?.date ?? "";
    if (Number(newest.slice(0, 4)) - Number(date.slice(0, 4)) >= YEARS) return [];
    return [{ linter: "at-least", subject: id, message: `${since} is too new a release to leave its beginning open` }];
  });
};
