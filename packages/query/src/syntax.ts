/** A stretch of the query's text, `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One condition, as written: `quirk:kvm/*`, `kvm:!metal`, or a bare word with the key `text`. */
export interface Term extends Span {
  readonly key: string;
  readonly value: string;
  /** Written with `!` before the value. */
  readonly negated: boolean;
}

/** How many of a row's cells must fit. */
export interface Quantity {
  readonly compare: "=" | "<" | "<=" | ">" | ">=";
  readonly number: number;
}

export type Query =
  | { readonly kind: "everything" }
  | { readonly kind: "term"; readonly term: Term }
  | { readonly kind: "not"; readonly part: Query }
  | { readonly kind: "and" | "or"; readonly parts: readonly Query[] }
  /** One cell that fits all of it, every cell, no cell, or a number of cells. */
  | { readonly kind: "exists" | "all" | "none"; readonly part: Query }
  | { readonly kind: "count"; readonly quantity: Quantity; readonly part: Query }
  /** Consecutive versions of one product, each fitting its part. */
  | { readonly kind: "seq"; readonly parts: readonly Query[] };

/** What is wrong with a query, and where. */
export interface QueryError extends Span {
  readonly message: string;
}

/** A query or why it is none. */
export type Parsed = { readonly ok: true; readonly query: Query } | { readonly ok: false; readonly error: QueryError };
