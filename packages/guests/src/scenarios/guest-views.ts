import type { Scenario } from "../scenario.ts";

export const guestViews: Scenario = {
  id: "guest-views",
  title: "What L1 leaves to its guest and the processor",
  summary:
    "L2 switches EPT pointers with VMFUNC, takes EPT violations as exceptions (#VE), and writes to parts of a page that EPT keeps read-only.",
  image: "guest-views.elf",
  sdm: ['3C "VM Functions"', '3C "Virtualization Exceptions"', '3C "Sub-Page Write Permissions"'],
  needs: ["vmx", "ept"],
  tags: ["ept"],
  expect: [
    "vmx",
    "ept",
    "switch",
    "switch.back",
    "switch.beyond",
    "switch.invalid",
    "switch.other-function",
    "ve",
    "ve.area",
    "ve.index",
    "ve.busy",
    "ve.suppressed",
    "ve.wanted-by-l1",
    "parts.allowed",
    "parts.denied",
    "parts.last",
    "parts.miss",
    "parts.misconfigured",
    "parts.changed",
  ],
};
