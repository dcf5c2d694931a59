// Writes the generated pages and pictures of docs: npx tsx --conditions=@hvdiff/source packages/lab/scripts/generate-reference.ts
import { writeFileSync } from "node:fs";
import { exitMultiplication } from "./exit-multiplication.ts";
import { quirkCatalogue } from "./quirk-catalogue.ts";

const DOCS = new URL("../../../docs/", import.meta.url);
writeFileSync(new URL("reference/quirks.md", DOCS), quirkCatalogue());
writeFileSync(new URL("images/exit-multiplication.svg", DOCS), exitMultiplication());
