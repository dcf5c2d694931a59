// Writes docs/reference/instructions.md: npx tsx --conditions=@hvdiff/source packages/cpu/scripts/generate-instruction-reference.ts
import { writeFileSync } from "node:fs";
import { instructionReference } from "./instruction-reference.ts";

writeFileSync(new URL("../../../docs/reference/instructions.md", import.meta.url), instructionReference());
