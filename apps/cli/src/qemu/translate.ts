import { CommandError } from "../command-error.ts";
import { suggestion } from "../nearest.ts";
import type { OptionDef } from "../options.ts";
import type { QemuDraft } from "./draft.ts";
import { QEMU_FLAGS, type QemuFlag } from "./flags-table.ts";

/** A command line in hvdiff's words, and what has to be said about QEMU's. */
export interface Translation {
  readonly argv: readonly string[];
  readonly notes: readonly string[];
}

/** A flag of QEMU's with its value. */
interface GivenFlag {
  readonly name: string;
  readonly flag: QemuFlag;
  readonly value: string;
}

/** One thing on the command line: arguments of hvdiff's own, or a flag of QEMU's. */
type Item = { readonly own: readonly string[] } | GivenFlag;

/** Which of hvdiff's own options an argument spells; undefined if none. */
function ownOption(argument: string, own: readonly OptionDef[]): OptionDef | undefined {
  const spelling = argument.split("=")[0]!;
  return own.find(({ name, aliases }) => spelling === `--${name}` || aliases?.includes(spelling));
}

/** QEMU takes one dash or two, and never `=`. With one dash its meaning goes first, with two ours. */
function qemuFlag(argument: string, option: OptionDef | undefined): { name: string; flag: QemuFlag } | undefined {
  if (!argument.startsWith("-") || (option !== undefined && argument.startsWith("--"))) return undefined;
  const name = argument.replace(/^--?/, "");
  return Object.hasOwn(QEMU_FLAGS, name) ? { name, flag: QEMU_FLAGS[name]! } : undefined;
}

function unknownFlag(argument: string): CommandError {
  const flags = Object.keys(QEMU_FLAGS)
    .filter((name) => name.length > 1)
    .map((name) => `-${name}`);
  return new CommandError(`${argument}: this flag is not understood${suggestion(argument, flags)}`);
}

/** What stands first, and how many arguments it takes. */
function firstItem(argv: readonly string[], own: readonly OptionDef[]): { item: Item; length: number } {
  const argument = argv[0]!;
  const option = ownOption(argument, own);
  const qemu = qemuFlag(argument, option);
  if (qemu !== undefined) {
    const value = qemu.flag.takesValue ? argv[1] : "";
    if (value === undefined) throw new CommandError(`${argument} needs a value`);
    return { item: { ...qemu, value }, length: qemu.flag.takesValue ? 2 : 1 };
  }
  if (option === undefined && /^-[^-]./.test(argument)) throw unknownFlag(argument);
  const length = option?.value !== undefined && !argument.includes("=") ? Math.min(2, argv.length) : 1;
  return { item: { own: argv.slice(0, length) }, length };
}

function itemsOf(argv: readonly string[], own: readonly OptionDef[]): Item[] {
  const items: Item[] = [];
  for (let at = 0; at < argv.length; ) {
    if (argv[at] === "--") return [...items, { own: argv.slice(at) }];
    const { item, length } = firstItem(argv.slice(at), own);
    items.push(item);
    at += length;
  }
  return items;
}

/**
 * Turns QEMU's flags into hvdiff's options. An option of `own` stays what it is, with its value; so does anything else that is no flag of
 * QEMU's. Errors: `CommandError` for flags that cannot be honoured.
 */
export function translateQemu(argv: readonly string[], own: readonly OptionDef[]): Translation {
  const draft: QemuDraft = { argv: [], notes: [], chardevs: new Map(), serialPorts: 0 };
  const items = itemsOf(argv, own);
  const flags = items.filter((item) => "flag" in item);
  // A character device may be named before it is described.
  for (const { name, flag, value } of flags) if (name === "chardev") flag.apply(value, draft);
  for (const item of items) {
    if ("own" in item) draft.argv.push(...item.own);
    else if (item.name !== "chardev") item.flag.apply(item.value, draft);
  }
  return { argv: draft.argv, notes: draft.notes };
}
