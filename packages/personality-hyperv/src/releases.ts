import type { Release } from "@hvdiff/personality";

/** Windows Server's releases with nested virtualization. */
export const HYPERV_RELEASES: readonly Release[] = [
  { version: "2016", date: "2016-10-12" },
  { version: "2019", date: "2018-11-13" },
  { version: "2022", date: "2021-08-18" },
  { version: "2025", date: "2024-11-01" },
];
