export { compareVersions, type QueryColumn, releasesOf } from "./columns.ts";
export { type Completion, type CompletionNames, complete } from "./complete.ts";
export { matchesCell, matchesRow } from "./evaluate.ts";
export { parseQuery } from "./parse.ts";
export { printQuery } from "./print.ts";
export { isDifferent, type QueryCell, type QueryRow } from "./rows.ts";
export type { Parsed, Query, QueryError } from "./syntax.ts";
export type { Vocabulary } from "./term-of.ts";
