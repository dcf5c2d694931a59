import type { Release } from "@hvdiff/personality";

/** VMware Workstation's major releases. */
export const VMWARE_RELEASES: readonly Release[] = [
  { version: "15", date: "2018-09-21" },
  { version: "16", date: "2020-09-15" },
  { version: "17", date: "2022-11-17" },
];
