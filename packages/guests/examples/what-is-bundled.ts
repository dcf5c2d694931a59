import { loadImage, SCENARIOS } from "@hvdiff/guests";

for (const { id, needs, expect } of SCENARIOS) {
  const kind = String.fromCharCode(...loadImage(id).slice(1, 4));
  console.log(`${id}: ${kind}, ${expect.length} verdicts, needs ${needs.join(" and ") || "nothing"}`);
}
