import { readFileSync } from "node:fs";
import { createMetal, type Machine } from "@hvdiff/machine";
import { type GuestImage, settingsOf } from "../src/run.ts";
import { guestImage, Session } from "../src/session.ts";

const INSTRUCTIONS = 1e9;

/** Two lines that a guest prints; what lies between is measured. */
export interface Marks {
  readonly from: string;
  readonly to: string;
}

export const WHOLE: Marks = { from: "begin", to: "end" };

/** What happened between two lines of a guest. */
export interface Stretch {
  readonly seconds: number;
  readonly instructions: number;
}

/** Whether an image wants AMD's processors. */
export function isForAmd(name: string): boolean {
  return name === "bench-vmrun";
}

export function imageFile(name: string): URL {
  return new URL(`images/${name}.elf`, import.meta.url);
}

function imageOf(name: string): GuestImage {
  return guestImage({ name, image: new Uint8Array(readFileSync(imageFile(name))) });
}

/** How often the clock's owner looks at what the guest has printed. A choice point is at most some microseconds of work. */
const CHOICE_POINTS = 8;

/** Runs a machine and times the stretch between the two lines. Errors: the guest did not print both. */
function timed(machine: Machine, { from, to }: Marks): Stretch {
  const marks = new Map<string, { at: number; instructions: number }>();
  let seen = 0;
  for (let ended = false; !ended; ) {
    ended = machine.runChoicePoints(CHOICE_POINTS);
    const { serial } = machine.guest;
    if (serial.length === seen) continue;
    seen = serial.length;
    const now = { at: performance.now(), instructions: machine.now() };
    for (const line of serial.split("\n").slice(0, -1)) if (!marks.has(line)) marks.set(line, now);
  }
  const begin = marks.get(from);
  const end = marks.get(to);
  if (begin === undefined || end === undefined)
    throw new Error(`the guest ended with ${JSON.stringify(machine.outcome)}`);
  return { seconds: (end.at - begin.at) / 1000, instructions: end.instructions - begin.instructions };
}

/** The image in root mode on silicon. */
export function onMetal(name: string, marks = WHOLE): Stretch {
  const session = new Session(imageOf(name), isForAmd(name) ? { cpu: "zen4" } : {});
  const { memory, firmware, bounds } = settingsOf({ maxInstructions: INSTRUCTIONS });
  const image = session.image.bytes;
  return timed(createMetal({ model: session.silicon, image, memory, firmware, bounds, recordTrace: false }), marks);
}

/** The image as L1 of a column. */
export function underColumn(name: string, text: string): Stretch {
  const session = new Session(imageOf(name), isForAmd(name) ? { cpu: "zen4" } : {});
  const column = session.column(text);
  return timed(
    session.machine(column, { ...settingsOf({ maxInstructions: INSTRUCTIONS }), recordTrace: false }),
    WHOLE,
  );
}
