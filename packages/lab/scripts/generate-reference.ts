// Writes the generated pages of docs/reference: npx tsx --conditions=@hvdiff/source packages/lab/scripts/generate-reference.ts
import { writeFileSync } from "node:fs";
import { quirkCatalogue } from "./quirk-catalogue.ts";

writeFileSync(new URL("../../../docs/reference/quirks.md", import.meta.url), quirkCatalogue());
