import type { CapabilityGroup, CapabilityState, CapsResult, Cause } from "@hvdiff/lab";
import type { Palette } from "../text/palette.ts";
import { type Cell, type Row, renderTable } from "../text/table.ts";
import { hanging } from "../text/wrap.ts";
import { attributionLine, causeText, styledCause, UNMARKED } from "./causes.ts";
import { counted, groupBy } from "./diff-rows.ts";
import type { TableLook } from "./look.ts";

/** One line of a group: a control bit, or a field of an information MSR. */
export interface CapabilityLine {
  /** `20`, or empty for a field. */
  readonly place: string;
  readonly label: string;
  readonly values: readonly string[];
  readonly differs: boolean;
  readonly causes: readonly (Cause | null)[];
}

/** Bits and fields of a group in one shape. */
export function capabilityLines(group: CapabilityGroup): CapabilityLine[] {
  const bits = group.bits.map((bit) => ({ ...bit, place: `${bit.bit}`, values: bit.states }));
  const fields = group.fields.map((field) => ({ ...field, place: "" }));
  return [...fields, ...bits];
}

/** All causes of a result, in its order. */
export function capabilityCauses(result: CapsResult): (Cause | null)[] {
  return result.groups.flatMap((group) => capabilityLines(group).flatMap((line) => line.causes));
}

const STATE_STYLES: Readonly<Record<CapabilityState, keyof Palette>> = {
  no: "faint",
  yes: "same",
  default: "name",
  forced: "caution",
};

function valueCell(line: CapabilityLine, index: number, palette: Palette): Cell {
  const value = line.values[index] ?? "";
  const differs = index > 0 && value !== line.values[0];
  if (!differs) return { text: `  ${value}`, style: palette[STATE_STYLES[value as CapabilityState] ?? "strong"] };
  const cause = line.causes[index - 1] ?? null;
  return { text: `≠ ${value}`, style: cause?.kind === "unattributed" ? palette.alarm : palette.different };
}

function causeLines(line: CapabilityLine, columns: readonly string[], { palette, width }: TableLook): string[] {
  const caused = line.causes.flatMap((cause, index) =>
    cause === null ? [] : [{ cause, column: columns[index + 1]! }],
  );
  return groupBy(caused, ({ cause }) => causeText(cause)).flatMap((group) => {
    const { cause } = group[0]!;
    const names = columns.length > 2 ? ` · ${group.map(({ column }) => column).join(", ")}` : "";
    return hanging("    ↳ ", `${causeText(cause)}${names}`, width).map((text) => styledCause(text, cause, palette));
  });
}

function rawCell(group: CapabilityGroup, index: number, palette: Palette): Cell {
  const value = group.raw[index] ?? null;
  const differs = index > 0 && value !== (group.raw[0] ?? null);
  return { text: `${differs ? "≠" : " "} ${value ?? "(none)"}`, style: differs ? palette.different : palette.strong };
}

function groupRows(group: CapabilityGroup, columns: readonly string[], look: TableLook): Row[] {
  const { palette } = look;
  const raw: Row = {
    cells: [
      { text: "" },
      { text: "raw value", style: palette.faint },
      ...group.raw.map((_, index) => rawCell(group, index, palette)),
    ],
  };
  const lines = capabilityLines(group).filter((line) => look.all || line.differs);
  return [
    raw,
    ...lines.map((line) => ({
      cells: [
        { text: line.place.padStart(2), style: palette.faint },
        { text: line.label },
        ...columns.map((_, index) => valueCell(line, index, palette)),
      ],
      below: causeLines(line, columns, look),
    })),
  ];
}

function header(columns: readonly string[], palette: Palette): Row {
  return {
    cells: [
      { text: "" },
      { text: "" },
      ...columns.map((text) => ({ text, style: palette.strong, soft: true, indent: 2 })),
    ],
  };
}

/** All groups in one table, so that columns stand under each other from top to bottom. */
function groupLines(result: CapsResult, groups: readonly CapabilityGroup[], look: TableLook): string[] {
  const columns = result.columns.map((column) => column.column);
  const rows = groups.flatMap((group) => {
    // A row without cells is a blank line.
    const title: Row = {
      cells: [],
      below: [look.palette.strong(group.title) + look.palette.faint(`  ${group.source}`)],
    };
    return [title, ...groupRows(group, columns, look)];
  });
  return renderTable([header(columns, look.palette), ...rows], { width: look.width });
}

function columnLines(result: CapsResult, { palette, width }: TableLook): string[] {
  return result.columns.flatMap((column) => {
    const vmx =
      column.vmx || column.svm
        ? []
        : hanging("  ", `${column.column} offers its guest no VMX`, width).map(palette.caution);
    const full =
      column.full === column.column ? [] : hanging("  ", `${column.column} = ${column.full}`, width).map(palette.faint);
    return [...full, ...vmx];
  });
}

function conclusion(result: CapsResult, look: TableLook): string[] {
  const { palette, width } = look;
  const lines = result.groups.flatMap(capabilityLines);
  const count = lines.filter((line) => line.differs).length;
  const differing = result.groups.filter((group) => group.differs).length;
  const registers = counted(result.groups.length, "register");
  if (result.columns.length === 1) return [palette.same(registers)];
  if (differing === 0) return [palette.same(`✓ ${registers}, all the same`)];
  const hidden = look.all || count === lines.length ? "" : " (--all shows the rest)";
  const text = `${count} of ${lines.length} bits and fields differ, in ${differing} of ${registers}${hidden}`;
  const open = capabilityCauses(result).filter((cause) => cause?.kind === "unattributed").length;
  return [...hanging("≠ ", text, width).map(palette.different), attributionLine(open, palette)];
}

/** What `hvdiff caps` prints for people: vmxcap's groups, names and four states, side by side. */
export function capsTable(result: CapsResult, look: TableLook): string {
  const groups = result.groups.filter((group) => look.all || group.differs);
  const marked = capabilityCauses(result).some((cause) => cause !== null);
  const lines = [
    look.palette.strong("capabilities") + look.palette.faint(`  of ${result.cpu} as each column shows them`),
    ...columnLines(result, look),
    ...(groups.length === 0 ? [] : ["", ...groupLines(result, groups, look)]),
    ...(marked ? ["", ...hanging("", UNMARKED, look.width).map(look.palette.faint)] : []),
    "",
    ...conclusion(result, look),
  ];
  return `${lines.join("\n")}\n`;
}
