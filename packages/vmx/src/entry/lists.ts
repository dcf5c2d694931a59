import type { EntryCheck } from "./check.ts";
import { CONTROL_CHECKS } from "./control-checks.ts";
import { GUEST_CHECKS } from "./guest-checks.ts";
import { HOST_CHECKS } from "./host-checks.ts";

/** The checks of a VM entry by group, each in the order in which they are made. */
export interface EntryCheckLists {
  readonly control: readonly EntryCheck[];
  readonly host: readonly EntryCheck[];
  readonly guest: readonly EntryCheck[];
}

/** What the manual says. */
export const ENTRY_CHECKS: EntryCheckLists = { control: CONTROL_CHECKS, host: HOST_CHECKS, guest: GUEST_CHECKS };

/** The lists without some checks, by id. */
export function withoutChecks(lists: EntryCheckLists, ids: ReadonlySet<string>): EntryCheckLists {
  const keep = (checks: readonly EntryCheck[]): readonly EntryCheck[] => checks.filter((check) => !ids.has(check.id));
  return { control: keep(lists.control), host: keep(lists.host), guest: keep(lists.guest) };
}
