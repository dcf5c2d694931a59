import type { QueryError } from "./syntax.ts";
import type { Token } from "./tokens.ts";

const KEYWORDS = new Set(["and", "or", "not"]);

/** Goes over the tokens of a query. */
export class Reader {
  private readonly tokens: readonly Token[];
  private readonly length: number;
  private at = 0;

  constructor(tokens: readonly Token[], length: number) {
    this.tokens = tokens;
    this.length = length;
  }

  peek(): Token | null {
    return this.tokens[this.at] ?? null;
  }

  next(): Token | null {
    return this.tokens[this.at++] ?? null;
  }

  /** Takes the keyword if it is next. */
  takeWord(keyword: string): boolean {
    const token = this.peek();
    if (token === null || token.quoted || token.text.toLowerCase() !== keyword) return false;
    this.at += 1;
    return true;
  }

  takeComma(): boolean {
    if (this.peek()?.kind !== ",") return false;
    this.at += 1;
    return true;
  }

  /** Whether a condition, `not` or a group comes next. */
  startsOperand(): boolean {
    const token = this.peek();
    if (token === null || token.kind === ")" || token.kind === ",") return false;
    const keyword = token.text.toLowerCase();
    return token.quoted || !KEYWORDS.has(keyword) || keyword === "not";
  }

  /** Takes the closing parenthesis; an error where something else is. */
  close(open: Token): QueryError | null {
    const token = this.peek();
    if (token === null) return { message: "this parenthesis is not closed", start: open.start, end: open.end };
    if (token.kind !== ")") return this.errorHere(`“${token.text}” where “)” is expected`);
    this.at += 1;
    return null;
  }

  /** An error at the next token, or at the end of the text. */
  errorHere(message: string): QueryError {
    const token = this.peek();
    return { message, start: token?.start ?? this.length, end: token?.end ?? this.length };
  }
}
