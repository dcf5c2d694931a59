import type { Query, Term } from "./syntax.ts";
import { quoted } from "./tokens.ts";

/** A query as text that reads back as the same query. */
export function printQuery(query: Query): string {
  switch (query.kind) {
    case "everything":
      return "";
    case "term":
      return printTerm(query.term);
    case "not":
      return `not ${inParentheses(query.part)}`;
    case "and":
    case "or":
      return query.parts.map(inParentheses).join(` ${query.kind} `);
    case "seq":
      return `seq(${query.parts.map(printQuery).join(", ")})`;
    case "count":
      return `count:${query.quantity.compare}${query.quantity.number}(${printQuery(query.part)})`;
    default:
      return `${query.kind}(${printQuery(query.part)})`;
  }
}

function inParentheses(query: Query): string {
  const text = printQuery(query);
  return query.kind === "and" || query.kind === "or" ? `(${text})` : text;
}

function printTerm({ key, value, negated }: Term): string {
  const words = quoted(value);
  if (key === "text") return negated ? `text:!${words}` : `text:${words}`;
  return `${key}:${negated ? "!" : ""}${words}`;
}
