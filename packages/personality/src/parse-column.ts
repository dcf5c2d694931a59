import type { ColumnSpec, VmmSpec } from "./column.ts";
import { ColumnError } from "./column-error.ts";
import { nearestHint } from "./nearest.ts";
import type { Personality, Release } from "./personality.ts";
import { compareVersions } from "./versions.ts";

/** Columns that are no product: the silicon itself, and an L0 with no quirks at all. */
export const REFERENCE_COLUMNS: readonly string[] = ["metal", "ideal"];

/** What `host-model` means when a column names no CPU model. */
export const DEFAULT_MODEL = "host-model";

/**
 * Parses `product[@version][/param=v…][+vmm[@version][/model][/flag=on|off…]]`, `metal` or `ideal`, fills in defaults, and spells the
 * result in full. A product without a release is the newest one that is known here. Throws a `ColumnError` of one line.
 */
export function parseColumn(text: string, personalities: readonly Personality[]): ColumnSpec {
  const where = text.trim();
  if (REFERENCE_COLUMNS.includes(where))
    return { product: where, version: "", parameters: new Map(), vmm: null, text: where };
  const plus = where.search(/\+[a-z][a-z0-9-]*(@|\/|$)/i);
  const [left, right] = plus < 0 ? [where, undefined] : [where.slice(0, plus), where.slice(plus + 1)];
  const parser = new ColumnParser(where, personalities);
  return parser.parse(left, right);
}

class ColumnParser {
  private readonly where: string;
  private readonly personalities: readonly Personality[];

  constructor(where: string, personalities: readonly Personality[]) {
    this.where = where;
    this.personalities = personalities;
  }

  parse(left: string, right: string | undefined): ColumnSpec {
    const [head = "", ...assignments] = left.split("/");
    const { product, release } = this.productAt(head, "l0");
    const parameters = this.parametersOf(product, assignments);
    const vmm = this.vmmOf(product, release, right);
    const spec = { product: product.product, version: release.version, parameters, vmm };
    const column: ColumnSpec = { ...spec, text: spell(spec) };
    const refusal = this.refusalOf(product, column);
    if (refusal !== undefined) this.fail(refusal);
    return column;
  }

  private refusalOf(product: Personality, column: ColumnSpec): string | undefined {
    const vmm = this.personalities.find((candidate) => candidate.product === column.vmm?.product);
    return product.refuse?.(column) ?? vmm?.refuse?.(column);
  }

  private productAt(head: string, kind: Personality["kind"]): { product: Personality; release: Release } {
    const [name = "", version, ...rest] = head.split("@");
    const candidates = this.personalities.filter((candidate) => candidate.kind === kind);
    const names = candidates.map((candidate) => candidate.product);
    const product = candidates.find((candidate) => candidate.product === name);
    if (product === undefined)
      return this.fail(`unknown ${kind === "vmm" ? "VMM" : "personality"} "${name}"`, name, this.known(kind, names));
    const versions = product.releases.map((release) => release.version);
    const newest = newestOf(product);
    if (rest.length > 0) return this.fail(`"${head}" must name one release: ${name}@${newest.version}`);
    if (version === undefined) return { product, release: newest };
    const release = product.releases.find((candidate) => candidate.version === version);
    if (release === undefined) return this.fail(`${name} has no release "${version}"`, version, versions);
    return { product, release };
  }

  private known(kind: Personality["kind"], names: readonly string[]): readonly string[] {
    return kind === "l0" ? [...REFERENCE_COLUMNS, ...names] : names;
  }

  private parametersOf(product: Personality, assignments: readonly string[]): Map<string, string> {
    const parameters = new Map<string, string>();
    for (const assignment of assignments) {
      const { name, value } = this.assignmentOf(assignment);
      const parameter = product.parameters.find((candidate) => candidate.name === name);
      const names = product.parameters.map((candidate) => candidate.name);
      if (parameter === undefined) return this.fail(`${product.product} has no parameter "${name}"`, name, names);
      if (!parameter.values.includes(value))
        return this.fail(`${name} takes ${parameter.values.join(" or ")}, not "${value}"`);
      if (parameters.has(name)) return this.fail(`parameter "${name}" is given twice`);
      parameters.set(name, value);
    }
    return parameters;
  }

  private assignmentOf(assignment: string): { name: string; value: string } {
    const at = assignment.indexOf("=");
    if (at > 0 && at < assignment.length - 1) return { name: assignment.slice(0, at), value: assignment.slice(at + 1) };
    return this.fail(`"${assignment}" is not of the form name=value`);
  }

  private vmmOf(product: Personality, release: Release, text: string | undefined): VmmSpec | null {
    if (product.vmm === undefined)
      return text === undefined ? null : this.fail(`${product.product} takes no VMM ("+${text}")`);
    if (text === undefined) return this.defaultVmm(product.vmm, release);
    const [head = "", ...parts] = text.split("/");
    const { product: vmm, release: vmmRelease } = this.productAt(head, "vmm");
    const named = parts[0] !== undefined && !/^[+-]|=/.test(parts[0]) ? parts.shift() : undefined;
    const model = named ?? DEFAULT_MODEL;
    const models = vmm.models ?? [];
    if (!models.includes(model)) return this.fail(`${vmm.product} has no CPU model "${model}"`, model, models);
    return { product: vmm.product, version: vmmRelease.version, model, flags: this.flagsOf(vmm, parts) };
  }

  private defaultVmm(name: string, release: Release): VmmSpec {
    const vmm = this.personalities.find((candidate) => candidate.product === name && candidate.kind === "vmm");
    if (vmm === undefined) return this.fail(`its VMM "${name}" is not known here`);
    const known = [...vmm.releases].sort((a, b) => compareVersions(a.version, b.version));
    const newest = known.filter((candidate) => candidate.date <= release.date).at(-1) ?? known[0];
    if (newest === undefined) return this.fail(`${name} has no releases`);
    return { product: vmm.product, version: newest.version, model: DEFAULT_MODEL, flags: new Map() };
  }

  private flagsOf(vmm: Personality, parts: readonly string[]): Map<string, string> {
    const flags = new Map<string, string>();
    for (const part of parts) {
      const signed = /^([+-])(.+)$/.exec(part);
      const { name, value } =
        signed === null
          ? this.assignmentOf(part)
          : { name: signed[2] as string, value: signed[1] === "+" ? "on" : "off" };
      this.checkFlag(vmm, name, value);
      if (flags.has(name)) return this.fail(`flag "${name}" is given twice`);
      flags.set(name, value);
    }
    return flags;
  }

  private checkFlag(vmm: Personality, name: string, value: string): void {
    const names = vmm.flags ?? [];
    if (!names.includes(name)) this.fail(`${vmm.product} has no CPU flag "${name}"`, name, names);
    if (name === "phys-bits" ? !/^(3[2-9]|4\d|5[0-2])$/.test(value) : value !== "on" && value !== "off")
      this.fail(
        name === "phys-bits" ? `phys-bits takes 32 to 52, not "${value}"` : `${name} takes on or off, not "${value}"`,
      );
  }

  private fail(what: string, name?: string, candidates: readonly string[] = []): never {
    throw new ColumnError(`column "${this.where}": ${what}${name === undefined ? "" : nearestHint(name, candidates)}`);
  }
}

/** The newest release known here: what a product without a release means. */
function newestOf({ releases }: Personality): Release {
  return releases.reduce((newest, release) =>
    compareVersions(release.version, newest.version) > 0 ? release : newest,
  );
}

function spell(spec: Omit<ColumnSpec, "text">): string {
  const parameters = sortedAssignments(spec.parameters);
  const l0 = [`${spec.product}@${spec.version}`, ...parameters].join("/");
  if (spec.vmm === null) return l0;
  const { product, version, model, flags } = spec.vmm;
  return `${l0}+${[`${product}@${version}`, model, ...sortedAssignments(flags)].join("/")}`;
}

function sortedAssignments(assignments: ReadonlyMap<string, string>): string[] {
  return [...assignments].map(([name, value]) => `${name}=${value}`).sort();
}
