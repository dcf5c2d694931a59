import * as S from "./state-layout.ts";

/** Filled entries that are remembered per context. */
export const TLB_JOURNAL = 256;

/** The translations of one context: the entries that were filled, or all where it is not known which. */
interface SavedContext {
  readonly entries: Int32Array | null;
  readonly words: Int32Array;
}

/** A TLB as it was. */
export type SavedTlb = readonly SavedContext[];

/** What `Mmu` knows about which entries are filled. */
interface Journal {
  readonly filled: Int32Array;
  readonly entries: Int32Array;
}

/** Copies what is filled of a TLB. */
export function saveTlb(s: Int32Array, journal: Journal): SavedTlb {
  return Array.from(journal.filled, (count, index) => {
    const context = S.TLB + index * S.TLB_CONTEXT_WORDS;
    if (count > TLB_JOURNAL) return { entries: null, words: s.slice(context, context + S.TLB_CONTEXT_WORDS) };
    const entries = journal.entries.slice(index * TLB_JOURNAL, index * TLB_JOURNAL + count);
    const words = new Int32Array(count * S.TLB_ENTRY_WORDS);
    for (let at = 0; at < count; at++)
      for (let word = 0; word < S.TLB_ENTRY_WORDS; word++)
        words[at * S.TLB_ENTRY_WORDS + word] = s[entries[at]! + word]!;
    return { entries, words };
  });
}

/** Puts a TLB back, all of whose contexts are flushed. */
export function restoreTlb(s: Int32Array, journal: Journal, saved: SavedTlb): void {
  saved.forEach(({ entries, words }, index) => {
    if (entries === null) {
      s.set(words, S.TLB + index * S.TLB_CONTEXT_WORDS);
      journal.filled[index] = TLB_JOURNAL + 1;
      return;
    }
    journal.filled[index] = entries.length;
    journal.entries.set(entries, index * TLB_JOURNAL);
    for (let at = 0; at < entries.length; at++)
      for (let word = 0; word < S.TLB_ENTRY_WORDS; word++)
        s[entries[at]! + word] = words[at * S.TLB_ENTRY_WORDS + word]!;
  });
}
