import type { Command } from "./command.ts";
import type { Look } from "./format/look.ts";
import type { OptionDef } from "./options.ts";
import { OPTIONS } from "./options.ts";
import { pairLines } from "./text/pairs.ts";
import type { Palette } from "./text/palette.ts";
import { wrap } from "./text/wrap.ts";

function section(title: string, lines: readonly string[], palette: Palette): string[] {
  return lines.length === 0 ? [] : ["", palette.strong(title), ...lines];
}

function spelling(option: OptionDef): string {
  const aliases = (option.aliases ?? []).map((alias) => `${alias}, `).join("");
  return `${aliases}--${option.name}${option.value === undefined ? "" : ` ${option.value}`}`;
}

function optionLines(options: readonly OptionDef[], look: Look): string[] {
  return pairLines(
    options.map((option) => [spelling(option), option.summary] as const),
    look,
  );
}

const GRAMMAR: readonly (readonly [string, string])[] = [
  ["metal", "the simulated processor itself, no hypervisor underneath"],
  ["ideal", "a nested hypervisor without a single quirk; always equal to metal"],
  ["virtualbox", "a product at the newest release that is known here; results name it in full"],
  ["kvm@6.1", "a product at a release; the VMM is then the qemu of its time with host-model"],
  ["kvm@4.19/nested=1", "with a module parameter"],
  ["kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on", "with a VMM, its CPU model and a flag of that model"],
];

/** How columns are spelled, for the help of every command that takes one. */
function grammar(look: Look): string[] {
  const form = "product[@version][/param=value…][+vmm[@version][/model][/flag=on|off…]]";
  return section(
    "Columns",
    [...wrap(form, look.width - 2, true).map((line) => `  ${line}`), ...pairLines(GRAMMAR, look)],
    look.palette,
  );
}

/** `hvdiff help COMMAND`. */
export function commandHelp(command: Command, look: Look): string {
  const options = [...command.options, OPTIONS.help];
  const takesColumns = command.options.some((option) => option.name === "on" || option.name === "against");
  const lines = [
    `${look.palette.strong("hvdiff")} ${command.name} ${command.usage}`.trimEnd(),
    ...wrap(`${command.summary}.`, look.width),
    ...(command.notes ?? []).flatMap((note) => ["", ...wrap(note, look.width)]),
    ...section("Options", optionLines(options, look), look.palette),
    ...(takesColumns ? grammar(look) : []),
    ...section("Examples", pairLines(command.examples, look), look.palette),
  ];
  return `${lines.join("\n")}\n`;
}

/** `hvdiff --help`. */
export function generalHelp(commands: readonly Command[], look: Look): string {
  const { palette } = look;
  const lines = [
    `${palette.strong("hvdiff")} COMMAND [OPTIONS]`,
    ...wrap(
      "Runs one unmodified guest on simulated metal and under KVM, VirtualBox and VMware as they were at each release, and says whether, where and why the outcomes differ.",
      look.width,
    ),
    ...section(
      "Commands",
      pairLines(
        commands.map((command) => [
          `${command.name} ${command.usage.split(" ")[0]!.replace(/^\[.*/, "")}`,
          command.summary,
        ]),
        look,
      ),
      palette,
    ),
    ...section("Start here", pairLines(START_HERE, look), palette),
    ...section("Exit codes", pairLines(EXIT_CODES, look), palette),
    "",
    "`hvdiff help COMMAND` says more. NO_COLOR and FORCE_COLOR are honoured.",
  ];
  return `${lines.join("\n")}\n`;
}

const START_HERE: readonly (readonly [string, string])[] = [
  ["hvdiff overview", "every bundled scenario on the usual columns"],
  ["hvdiff diff xsaves-control", "one of them, verdict by verdict, with causes"],
  ["hvdiff serve", "the same in a browser"],
];

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ["0", "no difference"],
  ["1", "a difference"],
  ["2", "trouble: one line on stderr says what and where"],
  ["", "`run` passes the guest's own code on: see `hvdiff help run`"],
];
