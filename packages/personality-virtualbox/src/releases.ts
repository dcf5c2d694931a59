import type { Release } from "@hvdiff/personality";

/** VirtualBox's release series, at their first release; Intel nesting came with 6.1. */
export const VIRTUALBOX_RELEASES: readonly Release[] = [
  { version: "6.1", date: "2019-12-10" },
  { version: "7.0", date: "2022-10-10" },
  { version: "7.1", date: "2024-09-11" },
  { version: "7.2", date: "2025-08-14" },
];
