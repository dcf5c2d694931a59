import { ENGINE_CHOICES, type EngineChoice, setDefaultEngine } from "./packages/machine/src/index.ts";

/** HVDIFF_ENGINE=both runs every guest of every test in both engines, side by side. */
const { HVDIFF_ENGINE: engine } = process.env;
if (engine !== undefined) {
  if (!ENGINE_CHOICES.includes(engine as EngineChoice)) throw new Error(`HVDIFF_ENGINE=${engine}`);
  setDefaultEngine(engine as EngineChoice);
}
