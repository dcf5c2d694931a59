import type { Release } from "@hvdiff/personality";

/** QEMU's releases, without stable updates. */
export const QEMU_RELEASES: readonly Release[] = [
  { version: "2.12", date: "2018-04-24" },
  { version: "3.0", date: "2018-08-14" },
  { version: "3.1", date: "2018-12-11" },
  { version: "4.0", date: "2019-04-23" },
  { version: "4.1", date: "2019-08-15" },
  { version: "4.2", date: "2019-12-12" },
  { version: "5.0", date: "2020-04-28" },
  { version: "5.1", date: "2020-08-11" },
  { version: "5.2", date: "2020-12-08" },
  { version: "6.0", date: "2021-04-29" },
  { version: "6.1", date: "2021-08-24" },
  { version: "6.2", date: "2021-12-14" },
  { version: "7.0", date: "2022-04-19" },
  { version: "7.1", date: "2022-08-30" },
  { version: "7.2", date: "2022-12-14" },
  { version: "8.0", date: "2023-04-19" },
  { version: "8.1", date: "2023-08-22" },
  { version: "8.2", date: "2023-12-20" },
  { version: "9.0", date: "2024-04-23" },
  { version: "9.1", date: "2024-09-03" },
  { version: "9.2", date: "2024-12-10" },
  { version: "10.0", date: "2025-04-22" },
];
