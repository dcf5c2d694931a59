import { STATE } from "@hvdiff/cpu";
import type { Machine } from "./machine.ts";

/** Two lanes of 32 bits, so that two states out of millions do not meet by chance. */
class Hash {
  private one = 0x2545f491;
  private other = 0x3c6ef372;

  word(value: number): void {
    this.one = Math.imul(this.one ^ value, 0x9e3779b1);
    this.one ^= this.one >>> 15;
    this.other = Math.imul((this.other + value) ^ (this.other >>> 13), 0x85ebca77);
  }

  words(words: Int32Array, from: number, to: number): void {
    let { one, other } = this;
    for (let at = from; at < to; at++) {
      // Most of memory is zero. What is not says where it stands.
      if (words[at] === 0) continue;
      const value = words[at]! ^ Math.imul(at - from, 0x27d4eb2f);
      one = Math.imul(one ^ value, 0x9e3779b1);
      one ^= one >>> 15;
      other = Math.imul((other + value) ^ (other >>> 13), 0x85ebca77);
    }
    this.one = one;
    this.other = other;
  }

  text(text: string): void {
    this.word(text.length);
    for (let at = 0; at < text.length; at++) this.word(text.charCodeAt(at));
  }

  number(value: number): void {
    if (value === (value | 0)) {
      this.word(value);
      return;
    }
    NUMBER[0] = value;
    this.word(HALVES[0]!);
    this.word(HALVES[1]!);
  }

  value(value: unknown): void {
    if (typeof value === "number") this.number(value);
    else if (typeof value === "string") this.text(value);
    else if (typeof value === "object" && value !== null) this.parts(value);
    else this.word(value === true ? 1 : value === false ? 2 : 3);
  }

  private parts(value: object): void {
    if (ArrayBuffer.isView(value)) for (const item of value as unknown as Iterable<number>) this.number(item);
    else if (Symbol.iterator in value) for (const item of value as Iterable<unknown>) this.value(item);
    else for (const key in value) this.value((value as Record<string, unknown>)[key]);
  }

  get result(): string {
    return `${(this.one >>> 0).toString(36)}.${(this.other >>> 0).toString(36)}`;
  }
}

const NUMBER = new Float64Array(1);
const HALVES = new Int32Array(NUMBER.buffer);

/** Ranges of state words that say which translations are remembered. */
const TLB_WORDS: readonly (readonly [from: number, to: number])[] = [[STATE.TLB_CONTEXT, STATE.TLB_CONTEXT + 1]];

function hashRegisters(hash: Hash, s: Int32Array, left: readonly (readonly [from: number, to: number])[]): void {
  let from = 0;
  for (const [start, end] of left) {
    hash.words(s, from, start);
    from = end;
  }
  hash.words(s, from, STATE.TLB);
}

const known = new WeakMap<object, string>();

/** Hash of what is never changed, remembered as long as it is kept. */
function hashOf(kept: object): string {
  let text = known.get(kept);
  if (text === undefined) {
    const hash = new Hash();
    hash.value(kept);
    text = hash.result;
    known.set(kept, text);
  }
  return text;
}

/**
 * Equal for machines that go on alike: registers, memory, devices, what a root-mode client knows, and time. Left out is what a processor may
 * forget at any moment, remembered translations, and what is only counted.
 */
export function stateHash(machine: Machine): string {
  const hash = new Hash();
  const { memory, processors, client, pc, turns } = machine;
  for (let area = 0; area < memory.processors; area++) {
    const own = processors[area]?.extension?.translationWords ?? [];
    hashRegisters(hash, memory.stateOf(area), [...TLB_WORDS, ...own]);
  }
  const first = memory.processors * STATE.STATE_BYTES;
  hash.words(memory.words, first / 4, (first + memory.usedBytes) / 4);
  if (pc !== null) hash.text(hashOf(pc.save()));
  if (client !== null) hash.value(client.states().map((part) => (part.isKept ? hashOf(part.value) : part.value)));
  hash.value(turns.save());
  hash.value(machine.clientLoop.save());
  hash.value(machine.outcome);
  return hash.result;
}
