import { Draft, littleEndian, RSP } from "../native/draft.ts";
import type { Form } from "../native/form.ts";
import { FORM_GROUPS } from "../native/forms/index.ts";
import { DATA_PAGE, FILLER } from "../native/native-case.ts";
import type { Random } from "../native/random.ts";

/** A loop of random instructions that ends in an exception. */
export interface RandomProgram {
  readonly bytes: readonly number[];
  readonly mode32: boolean;
  readonly forms: readonly string[];
}

/** Counts the loop down. */
export const COUNTER = DATA_PAGE + 0x200;
export const ROUNDS = 24;
const MOST_BYTES = 1900;

const GROUPS = ["integer", "vector-integer", "vector-floats", "x87"].map((name) => FORM_GROUPS[name]!);
/** Their targets lie where a case expects its code. */
const ELSEWHERE = /^(j|call|ret|loop|jmp|iret|enter|rep|syscall|int)/;

/** System instructions that compiled code calls: RDTSC, CPUID, PAUSE, LFENCE, RDTSCP, RDRAND, PUSHF and POP. */
const CALLED: readonly (readonly number[])[] = [
  [0x0f, 0x31],
  [0x0f, 0xa2],
  [0xf3, 0x90],
  [0x0f, 0xae, 0xe8],
  [0x0f, 0x01, 0xf9],
  [0x0f, 0xc7, 0xf0],
  [0x9c, 0x58],
];

function formsFor(mode32: boolean): readonly (readonly Form[])[] {
  return GROUPS.map((forms) =>
    forms.filter((form) => (form.mode32 ?? false) === mode32 && form.mode16 !== true && !ELSEWHERE.test(form.name)),
  );
}

const FORMS_64 = formsFor(false);
const FORMS_32 = formsFor(true);

/** Writes one program. */
class Writer {
  readonly bytes: number[] = [];
  readonly forms: string[] = [];
  private readonly random: Random;
  private readonly mode32: boolean;

  constructor(random: Random, mode32: boolean) {
    this.random = random;
    this.mode32 = mode32;
  }

  /** An instruction of a random form, behind MOVs of what its operands need in registers. */
  private instruction(): number[] {
    if (this.random.chance(8)) return [...this.random.pick(CALLED)];
    const groups = this.mode32 ? FORMS_32 : FORMS_64;
    const forms = this.random.chance(75) ? groups[0]! : this.random.pick(groups);
    const form = this.random.pick(forms);
    const draft = new Draft(this.random, this.mode32);
    const before = draft.gpr.slice();
    const { bytes } = form.make(draft);
    this.forms.push(form.name);
    const out: number[] = [];
    for (let n = 0; n < (this.mode32 ? 8 : 16); n++)
      if (draft.gpr[n] !== before[n] || (n === RSP && this.random.chance(30))) out.push(...this.move(n, draft.gpr[n]!));
    return [...out, ...bytes];
  }

  private move(register: number, value: bigint): number[] {
    if (this.mode32) return [0xb8 + register, ...littleEndian(value, 4)];
    return [register >= 8 ? 0x49 : 0x48, 0xb8 + (register & 7), ...littleEndian(value, 8)];
  }

  /** A few instructions, some of them behind a branch over them. */
  private stretch(): void {
    for (let left = 1 + this.random.below(5); left > 0 && this.bytes.length < MOST_BYTES; left--) {
      const bytes = this.instruction();
      if (this.random.chance(15)) this.bytes.push(0x0f, 0x80 + this.random.below(16), ...littleEndian(bytes.length, 4));
      this.bytes.push(...bytes);
    }
  }

  /** CALL of a few instructions that lie behind a jump over them. */
  private called(): void {
    const { bytes } = this;
    bytes.push(...this.move(RSP, BigInt(DATA_PAGE + 0x800)), 0xe9, 0, 0, 0, 0);
    const start = bytes.length;
    this.stretch();
    bytes.push(...this.move(RSP, BigInt(DATA_PAGE + 0x800 - (this.mode32 ? 4 : 8))), 0xc3);
    bytes.splice(start - 4, 4, ...littleEndian(bytes.length - start, 4));
    bytes.push(0xe8, ...littleEndian(start - (bytes.length + 5), 4));
  }

  program(): RandomProgram {
    const { bytes, random } = this;
    const stretches = 1 + random.below(12);
    for (let n = 0; n < stretches && bytes.length < MOST_BYTES - 300; n++) {
      if (random.chance(20)) this.called();
      else this.stretch();
    }
    bytes.push(0x83, 0x2c, 0x25, ...littleEndian(COUNTER, 4), 1);
    bytes.push(0x0f, 0x85, ...littleEndian(-(bytes.length + 6), 4));
    bytes.push(FILLER);
    return { bytes, mode32: this.mode32, forms: this.forms };
  }
}

/** A program from a seeded generator. */
export function randomProgram(random: Random): RandomProgram {
  return new Writer(random, random.chance(35)).program();
}
