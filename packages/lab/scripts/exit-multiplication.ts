import { runMachine } from "../src/run.ts";
import { guestImage, Session } from "../src/session.ts";

const LEVEL = "kvm@4.20";
const DEPTHS = [1, 2, 3];
const WIDTH = 420;
const ROW = 40;
const LEFT = 110;
const DECADES = 3;

function sum(counters: Readonly<Record<string, number>>, prefix: string): number {
  return Object.entries(counters).reduce((total, [name, n]) => (name.startsWith(prefix) ? total + n : total), 0);
}

function figure(depth: number): number {
  const session = new Session(guestImage({ scenario: "plain-cpuid" }), {});
  const column = session.column(Array.from({ length: depth }, () => LEVEL).join("//"));
  const { counters } = runMachine(session.machine(column, { recordTrace: false }));
  const ofSilicon = sum(counters, depth === 1 ? "exits." : "l0.exits.");
  return ofSilicon / sum(counters, depth === 1 ? "exits." : `l${depth - 1}.exits.`);
}

function bar(depth: number, at: number): string {
  const value = figure(depth);
  const length = 2 + (Math.log10(value) / DECADES) * (WIDTH - LEFT - 60);
  const y = 30 + at * ROW;
  return `<text x="${LEFT - 8}" y="${y + 16}" text-anchor="end">${depth} ${depth === 1 ? "hypervisor" : "hypervisors"}</text><rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="22" fill="#4e79a7"/><text x="${(LEFT + length + 6).toFixed(1)}" y="${y + 16}">${value < 100 ? value.toFixed(1) : Math.round(value)}</text>`;
}

/** docs/images/exit-multiplication.svg: exits of silicon for one exit of a plain guest below one, two and three hypervisors, counted. */
export function exitMultiplication(): string {
  const title = `Exits of silicon for one exit of the guest (${LEVEL} at every level, plain-cpuid), logarithmic`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${40 + DEPTHS.length * ROW}" font-family="sans-serif" font-size="12" role="img" aria-label="${title}"><rect width="100%" height="100%" fill="#ffffff"/><text x="8" y="16" font-size="9">${title}</text>${DEPTHS.map(bar).join("")}</svg>\n`;
}
