import { selects } from "./columns.ts";
import { contains, fits } from "./glob.ts";
import { isDifferent, type QueryCell, type QueryRow } from "./rows.ts";

/** A key of the language: what may stand before a colon. */
export interface KeyDef {
  readonly summary: string;
  /** The only values, where there are only these. */
  readonly values?: readonly string[];
  /** What it says of a scenario, whatever the cell. */
  readonly row?: (value: string, row: QueryRow) => boolean;
  /** What it says of one cell. */
  readonly cell?: (value: string, cell: QueryCell, row: QueryRow) => boolean;
}

/** Words that stand for several kinds of outcome. */
const OUTCOME_GROUPS: Readonly<Record<string, readonly string[]>> = {
  hang: ["halted", "loop", "limit"],
  crash: ["triple-fault", "shutdown", "l0-error"],
};

const OUTCOME_KINDS = [
  ...["exit", "power-off", "reset", "suspended", "triple-fault", "shutdown", "halted", "loop", "limit"],
  ...["trace-limit", "memory-limit", "unimplemented", "l0-error"],
];

/** Outcomes by name: the kinds, and `hang` and `crash` for several of them. */
export const OUTCOMES: readonly string[] = [...Object.keys(OUTCOME_GROUPS), ...OUTCOME_KINDS];

/** What `is:` can say. */
export const IS_VALUES = ["different", "same", "explained", "unexplained"] as const;

function outcomeFits(value: string, { outcome }: QueryCell): boolean {
  return (
    fits(value, outcome.kind) ||
    fits(value, outcome.text) ||
    (OUTCOME_GROUPS[value.toLowerCase()] ?? []).includes(outcome.kind)
  );
}

function isFits(value: string, cell: QueryCell, row: QueryRow): boolean {
  switch (value.toLowerCase()) {
    case "different":
      return isDifferent(cell, row);
    case "same":
      return !isDifferent(cell, row);
    case "explained":
      return cell.unattributed === 0;
    default:
      return cell.unattributed > 0;
  }
}

function vendorFits(value: string, { scenario }: QueryRow): boolean {
  const vendor = scenario.needs.some((need) => need === "svm" || need === "npt") ? "amd" : "intel";
  return fits(value, scenario.needs.length === 0 ? "any" : vendor);
}

const isSeed = (tag: string) => /^S\d+$/.test(tag);

function textFits(value: string, row: QueryRow): boolean {
  const { id, title, summary, tags } = row.scenario;
  return [id, title, summary, ...tags].some((text) => contains(value, text));
}

/** Every key but the names of products. */
export const KEYS: Readonly<Record<string, KeyDef>> = {
  is: { summary: "compared with the reference", values: IS_VALUES, cell: isFits },
  outcome: { summary: "how the run ended: hang, crash, exit …", cell: outcomeFits },
  exit: {
    summary: "a VM exit that L1 saw: EPT_VIOLATION",
    cell: (value, cell) => cell.exits.some((reason) => fits(value, reason)),
  },
  quirk: {
    summary: "a cause of a difference: kvm/*",
    cell: (value, cell) => cell.quirks.some((id) => fits(value, id)),
  },
  verdict: {
    summary: "a verdict that differs, by its id",
    cell: (value, cell) => cell.differs.some((id) => fits(value, id)),
  },
  column: {
    summary: "a column, by product, release or full spelling",
    cell: (value, cell) => selects(value, cell.column),
  },
  seed: {
    summary: "the story a scenario comes from: S1",
    row: (value, { scenario }) => scenario.tags.some((tag) => isSeed(tag) && fits(value, tag)),
  },
  topic: {
    summary: "what a scenario is about",
    row: (value, { scenario }) => scenario.tags.some((tag) => !isSeed(tag) && fits(value, tag)),
  },
  needs: {
    summary: "a processor feature that a scenario needs",
    row: (value, { scenario }) => scenario.needs.some((need) => fits(value, need)),
  },
  vendor: { summary: "whose virtualization a scenario is about", values: ["intel", "amd", "any"], row: vendorFits },
  scenario: { summary: "a scenario, by its id", row: (value, { scenario }) => fits(value, scenario.id) },
  text: { summary: "words of a scenario's id, title, summary or tags", row: textFits },
};

/** What a product's columns can be asked: `kvm:hang`, `kvm:different`, `kvm:metal` (like that column). */
export function columnIs(value: string, cell: QueryCell, row: QueryRow): boolean {
  if ((IS_VALUES as readonly string[]).includes(value.toLowerCase())) return isFits(value, cell, row);
  const other = row.cells.find((candidate) => selects(value, candidate.column));
  if (other !== undefined) return other.signature === cell.signature;
  return outcomeFits(value, cell);
}
