import { readFileSync } from "node:fs";
import { createMetal, type Machine, type TraceEvent } from "@hvdiff/machine";
import { configurationOf, createMachine, type GuestImage, settingsOf } from "../src/run.ts";
import { guestImage, Session } from "../src/session.ts";

export const KVM_COLUMN = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";
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

export function imageFile(name: string): URL {
  return new URL(`images/${name}.elf`, import.meta.url);
}

function imageOf(name: string): GuestImage {
  return guestImage({ name, image: new Uint8Array(readFileSync(imageFile(name))) });
}

/** Runs a machine and times the stretch between the two lines. Errors: the guest did not print both. */
function timed(machine: Machine, { from, to }: Marks): Stretch {
  const marks = new Map<unknown, { at: number; instructions: number }>();
  const add = machine.trace.add.bind(machine.trace);
  machine.trace.add = (event: TraceEvent) => {
    if (event.kind === "serial") marks.set(event.data["line"], { at: performance.now(), instructions: event.time });
    add(event);
  };
  const outcome = machine.run();
  const begin = marks.get(from);
  const end = marks.get(to);
  if (begin === undefined || end === undefined) throw new Error(`the guest ended with ${JSON.stringify(outcome)}`);
  return { seconds: (end.at - begin.at) / 1000, instructions: end.instructions - begin.instructions };
}

/** The image in root mode on silicon. */
export function onMetal(name: string, marks = WHOLE): Stretch {
  const session = new Session(imageOf(name), {});
  const { memory, firmware, bounds } = settingsOf({ maxInstructions: INSTRUCTIONS });
  const image = session.image.bytes;
  return timed(createMetal({ model: session.silicon, image, memory, firmware, bounds }), marks);
}

/** The image as L1 of a column. */
export function underColumn(name: string, text: string): Stretch {
  const session = new Session(imageOf(name), {});
  const column = session.column(text);
  const configuration = configurationOf(column, column.quirks, session.silicon);
  const settings = settingsOf({ maxInstructions: INSTRUCTIONS });
  return timed(createMachine(session.image, column, configuration, session.silicon, settings), WHOLE);
}
