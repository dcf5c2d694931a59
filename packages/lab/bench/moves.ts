import {
  differenceOf,
  disturb,
  MOVED,
  MOVED_GUESTS,
  type MovedGuest,
  machineOf,
  movedGuest,
  returnsOf,
  STOPPED,
  seenAfter,
  seenIn,
} from "../test/moved-guests.ts";

/*
 * tsx --conditions=@hvdiff/source packages/lab/bench/moves.ts [SCENARIO COLUMN CPU]: moves a virtual machine to another host at every return to userspace that a run
 * can make, behind each exit to L0, and compares what the guest sees with a run that stays where it is; where that differs, with a run that is
 * stopped at the same moments and moves nothing.
 */

const SECONDS = 240;

function ended(guest: MovedGuest, events: Parameters<typeof disturb>[1]) {
  const machine = machineOf(guest);
  const end = Date.now() + SECONDS * 1000;
  if (events.length === 0) machine.run();
  else disturb(machine, events, () => Date.now() > end);
  return { seen: seenIn(machine), counters: machine.counters };
}

function compare(guest: MovedGuest): string {
  const goes = ended(guest, MOVED);
  const { moves = 0, "moves.refused": refused = 0 } = goes.counters;
  const part = goes.seen.end === null ? ` in ${SECONDS} s, not to the end` : "";
  const count = `${moves} moves${part}${refused === 0 ? "" : `, ${refused} refused`}`;
  const stays = differenceOf(goes.seen, ended(guest, []).seen);
  if (stays === null) return `${count}: the same`;
  const stopped = ended(guest, STOPPED);
  const stops = differenceOf(goes.seen, stopped.seen);
  return `${count}: differs from staying, ${stays}; from ${stopped.counters["pauses"]} stops: ${stops ?? "the same"}`;
}

/** With several processors, moves at every return leave them little else to do: each return is also tried alone. */
function compareOneByOne(guest: MovedGuest): string {
  const points = returnsOf(guest);
  const stays = ended(guest, []).seen;
  let noticed = 0;
  const lost: string[] = [];
  for (const at of points) {
    const goes = seenAfter(guest, MOVED, at);
    if (differenceOf(goes, stays) === null) continue;
    noticed++;
    const difference = differenceOf(goes, seenAfter(guest, STOPPED, at));
    if (difference !== null) lost.push(`migrate@${at.vcpu}/${at.tick}.${at.step}: ${difference}`);
  }
  const found = lost.length === 0 ? "" : `, such as ${lost[0]}`;
  return `one by one, ${points.length} moves: ${noticed} noticed, ${lost.length} not like a stop${found}`;
}

const [scenario, column, cpu] = process.argv.slice(2);
const guests = scenario === undefined ? MOVED_GUESTS : [movedGuest(scenario, column, cpu)];
for (const guest of guests) {
  process.stdout.write(`${guest.join(" ")}: ${compare(guest)}\n`);
  if (machineOf(guest).processors.length > 1) process.stdout.write(`  ${compareOneByOne(guest)}\n`);
}
