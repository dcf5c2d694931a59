import { DOCUMENTS, type ManualDocument, type ManualKey } from "./documents.ts";

/** A reference into a manual. The title is the key; section numbers move between revisions. */
export type Citation = {
  readonly volume: string;
  readonly title: string;
  readonly section: string | undefined;
};

/** An entry that says where in a manual its fact stands. */
export type Cited = { readonly sdm: string; readonly apm?: string } | { readonly apm: string; readonly sdm?: string };

const CITATION = /^(?<volume>\d[A-D]?) "(?<title>[^"]+)"(?: \[(?<section>[0-9A-Z]+(?:\.\d+)*)\])?$/;

/** Parses `3C "Title" [24.6]`; undefined if the text is not a citation. */
export function parseCitation(text: string): Citation | undefined {
  const groups = CITATION.exec(text)?.groups;
  const { volume, title, section } = groups ?? {};
  return volume === undefined || title === undefined ? undefined : { volume, title, section };
}

/** The pinned document that a citation means; undefined if the text or its volume is unknown. */
export function documentOf(key: ManualKey, text: string): ManualDocument | undefined {
  const citation = parseCitation(text);
  return citation === undefined ? undefined : DOCUMENTS[key][citation.volume];
}

/** Why an entry's citations are unusable; undefined if they are fine. */
export function checkCited(entry: { readonly sdm?: string; readonly apm?: string }): string | undefined {
  if (entry.sdm === undefined && entry.apm === undefined) return "no citation";
  if (entry.sdm !== undefined && documentOf("sdm", entry.sdm) === undefined) return `unparsable sdm: ${entry.sdm}`;
  if (entry.apm !== undefined && documentOf("apm", entry.apm) === undefined) return `unparsable apm: ${entry.apm}`;
  return undefined;
}
