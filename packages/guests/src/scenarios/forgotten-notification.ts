import type { Scenario } from "../scenario.ts";

export const forgottenNotification: Scenario = {
  id: "forgotten-notification",
  title: "A posted interrupt that comes while L2 leaves to L1",
  summary:
    "Another processor posts an interrupt to an L2 that exits to L1 often, and then not any more: whether L2 gets it.",
  image: "forgotten-notification.elf",
  sdm: ['3C "Posted-Interrupt Processing"'],
  needs: ["vmx"],
  processors: 2,
  tags: ["S3", "events", "multiprocessor", "apicv"],
  expect: ["vmx", "l2", "posted"],
};
