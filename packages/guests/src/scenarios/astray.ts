import type { Scenario } from "../scenario.ts";

export const astray: Scenario = {
  id: "astray",
  title: "Processors that run through zeros into nothing",
  summary:
    "Three processors are sent to an address in the middle of zeros and slide into a range where no memory is: what becomes of them there.",
  image: "astray.elf",
  sdm: ['3A "Interrupt 6—Invalid Opcode Exception (#UD)"', '3A "Multiple-Processor (MP) Initialization"'],
  needs: [],
  processors: 4,
  tags: ["S1", "multiprocessor"],
  expect: ["started", "undefined-opcode", "rip"],
};
