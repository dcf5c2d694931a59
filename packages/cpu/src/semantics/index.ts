import type { Semantics } from "../builder/builder.ts";
import { ARITHMETIC } from "./arithmetic.ts";
import { BITS } from "./bits.ts";
import { CONTROL_FLOW } from "./control-flow.ts";
import { DATA_MOVEMENT } from "./data-movement.ts";
import { SHIFTS } from "./shifts.ts";

/** Meanings written against the builder, by mnemonic. */
export const SEMANTICS: ReadonlyMap<string, Semantics> = new Map(
  Object.entries({ ...DATA_MOVEMENT, ...ARITHMETIC, ...SHIFTS, ...BITS, ...CONTROL_FLOW }),
);
