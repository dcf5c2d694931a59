import type { Command } from "../command.ts";
import { caps } from "./caps.ts";
import { checkVmcs } from "./check-vmcs.ts";
import { cost } from "./cost.ts";
import { cpus } from "./cpus.ts";
import { diff } from "./diff.ts";
import { explain } from "./explain.ts";
import { explore } from "./explore.ts";
import { overview } from "./overview.ts";
import { quirks } from "./quirks.ts";
import { runGuest } from "./run.ts";
import { scenarios } from "./scenarios.ts";
import { serve } from "./serve.ts";
import { stack } from "./stack.ts";

/** All commands, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  overview,
  diff,
  runGuest,
  explore,
  cost,
  stack,
  caps,
  checkVmcs,
  quirks,
  explain,
  scenarios,
  cpus,
  serve,
];
