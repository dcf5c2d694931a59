import { bitsOf, type Word } from "./bits.ts";
import type { ControlBitDef, ControlWordDef } from "./controls.ts";
import type { ControlWord } from "./vmcs-field-def.ts";
import {
  PIN_BASED,
  PRIMARY_PROCESSOR_BASED,
  SECONDARY_PROCESSOR_BASED,
  SECONDARY_VM_EXIT_CONTROLS,
  TERTIARY_PROCESSOR_BASED,
  VM_ENTRY_CONTROLS,
  VM_EXIT_CONTROLS,
} from "./vmx-controls.ts";

/** All control words by their short names, in the manual's order. */
export const CONTROL_WORDS = {
  pin: PIN_BASED,
  primary: PRIMARY_PROCESSOR_BASED,
  secondary: SECONDARY_PROCESSOR_BASED,
  tertiary: TERTIARY_PROCESSOR_BASED,
  exit: VM_EXIT_CONTROLS,
  secondaryExit: SECONDARY_VM_EXIT_CONTROLS,
  entry: VM_ENTRY_CONTROLS,
} as const satisfies Record<ControlWord, ControlWordDef>;

/** Name of a control of one word, or of any word. */
export type ControlName<W extends ControlWord = ControlWord> = {
  [K in W]: keyof (typeof CONTROL_WORDS)[K]["bits"];
}[W];

/** Short names of all control words. */
export const CONTROL_WORD_NAMES = Object.keys(CONTROL_WORDS) as readonly ControlWord[];

const NAMES_BY_BIT = new Map(
  CONTROL_WORD_NAMES.map((word) => [
    word,
    new Map(Object.entries(controlWordDef(word).bits).map(([name, def]) => [def.bit, name])),
  ]),
);

/** The record of a control word with its optional parts visible to the type checker. */
export function controlWordDef(word: ControlWord): ControlWordDef {
  return CONTROL_WORDS[word];
}

/** The record of one control. */
export function controlDef<W extends ControlWord>(word: W, name: ControlName<W>): ControlBitDef {
  return controlWordDef(word).bits[name as string] as ControlBitDef;
}

/** Position of a control in its word. */
export function controlBit<W extends ControlWord>(word: W, name: ControlName<W>): number {
  return controlDef(word, name).bit;
}

/** The word with only the named controls set, as an unsigned number; no word has a named bit above 31. */
export function controlMask<W extends ControlWord>(word: W, ...names: ControlName<W>[]): number {
  return names.reduce((mask, name) => (mask | (1 << controlBit(word, name))) >>> 0, 0);
}

/** Name of the control at a bit; undefined for reserved bits. */
export function controlAtBit<W extends ControlWord>(word: W, bit: number): ControlName<W> | undefined {
  return NAMES_BY_BIT.get(word)?.get(bit) as ControlName<W> | undefined;
}

/** Names of the controls set in a word, ascending by bit; reserved bits have no name and are left out. */
export function controlsOf<W extends ControlWord>(word: W, value: Word): ControlName<W>[] {
  return bitsOf(value).flatMap((bit) => controlAtBit(word, bit) ?? []);
}
