/** Colours by meaning. Each returns its argument unchanged where colour is off. */
export interface Palette {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly same: (text: string) => string;
  readonly different: (text: string) => string;
  readonly alarm: (text: string) => string;
  readonly caution: (text: string) => string;
  readonly name: (text: string) => string;
}

const plain = (text: string): string => text;

function sgr(on: string, off: string): (text: string) => string {
  return (text) => (text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`);
}

/** No colour at all: files, pipes, NO_COLOR. */
export const PLAIN: Palette = {
  strong: plain,
  faint: plain,
  same: plain,
  different: plain,
  alarm: plain,
  caution: plain,
  name: plain,
};

/** The sixteen colours every terminal has, so that its own theme decides. */
export const COLOURED: Palette = {
  strong: sgr("1", "22"),
  faint: sgr("2", "22"),
  same: sgr("32", "39"),
  different: sgr("33", "39"),
  alarm: sgr("1;31", "22;39"),
  caution: sgr("35", "39"),
  name: sgr("36", "39"),
};

/** Whether to colour: FORCE_COLOR wins over NO_COLOR, both over the terminal, as Node itself decides. */
export function wantsColour(variables: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const { FORCE_COLOR: force, NO_COLOR: never, TERM: terminal } = variables;
  if (force !== undefined) return force !== "0" && force !== "false";
  if ((never ?? "") !== "") return false;
  return isTerminal && terminal !== "dumb";
}
