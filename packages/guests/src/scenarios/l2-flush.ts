import type { Scenario } from "../scenario.ts";

export const l2Flush: Scenario = {
  id: "l2-flush",
  title: "An L2 that has its TLB flushed by hypercall",
  summary:
    "L2 asks twice by VMCALL for a flush of its TLB. Where direct virtual flush is offered, L1 leaves that to the hypervisor below it, and holds the TLB's lock the second time; it prints which exits it gets.",
  image: "l2-flush.elf",
  sdm: ['3C "VMCALL—Call to VM Monitor"'],
  needs: ["vmx"],
  tags: ["S3", "evmcs"],
  expect: ["vmx", "direct-flush", "exits", "result"],
};
