/** Width on the terminal. What hvdiff prints has one cell per code point. */
export function widthOf(text: string): number {
  let width = 0;
  for (const _ of text) width++;
  return width;
}

/** Pads on the right; longer text stays as it is. */
export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Guest text made safe for a table: control characters become \xNN. */
export function visible(text: string): string {
  return text.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** Pieces that should stay in one line. Column spellings may also break before @, + and /. */
function tokensOf(text: string, soft: boolean): { readonly text: string; readonly glued: boolean }[] {
  const tokens: { text: string; glued: boolean }[] = [];
  for (const word of text.split(" ")) {
    const parts = soft ? word.split(/(?=[@+/])/) : [word];
    parts.forEach((part, index) => {
      tokens.push({ text: part, glued: index > 0 });
    });
  }
  return tokens;
}

/** The least width at which nothing is broken inside a token. */
export function minimumWidth(text: string, soft = false): number {
  return Math.max(0, ...text.split("\n").flatMap((line) => tokensOf(line, soft).map((token) => widthOf(token.text))));
}

function breakToken(token: string, width: number): string[] {
  const characters = [...token];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += width) pieces.push(characters.slice(at, at + width).join(""));
  return pieces.length === 0 ? [""] : pieces;
}

function wrapLine(line: string, width: number, soft: boolean): string[] {
  const lines: string[] = [];
  let current: string | null = null;
  for (const { text, glued } of tokensOf(line, soft)) {
    const joined: string = current === null ? text : `${current}${glued ? "" : " "}${text}`;
    if (widthOf(joined) <= width) {
      current = joined;
      continue;
    }
    if (current !== null) lines.push(current);
    const pieces = breakToken(text, width);
    lines.push(...pieces.slice(0, -1));
    current = pieces.at(-1) ?? "";
  }
  lines.push(current ?? "");
  return lines;
}

/** Lines of at most `width` cells; `\n` in the text always breaks. */
export function wrap(text: string, width: number, soft = false): string[] {
  return text.split("\n").flatMap((line) => wrapLine(line, Math.max(1, width), soft));
}

/** A paragraph whose first line starts with `first` and whose other lines are indented as far. */
export function hanging(first: string, text: string, width: number): string[] {
  const indent = " ".repeat(widthOf(first));
  return wrap(text, Math.max(16, width - widthOf(first))).map((line, index) => (index === 0 ? first : indent) + line);
}

/** Line breaks and control characters, say in a file's name, must not turn one line into several. */
export function oneLine(text: string): string {
  return visible(text.trim().replaceAll(/\s*\n\s*/g, " "));
}
