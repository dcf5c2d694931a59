import type { CpuModel } from "@hvdiff/cpu";
import type { ColumnContext, ColumnSpec } from "./column.ts";
import { ColumnError } from "./column-error.ts";
import type { Personality } from "./personality.ts";
import { compareVersions } from "./versions.ts";

/** The personalities of a column: the L0 product, then its VMM half. None for `metal` and `ideal`. */
export function personalitiesOf(spec: ColumnSpec, personalities: readonly Personality[]): Personality[] {
  const find = (product: string | undefined, kind: Personality["kind"]): Personality[] =>
    personalities.filter((candidate) => candidate.product === product && candidate.kind === kind);
  return [...find(spec.product, "l0"), ...find(spec.vmm?.product, "vmm")];
}

/** What conditions and rules look at, for one column on one silicon. */
export function columnContext(
  spec: ColumnSpec,
  silicon: CpuModel,
  personalities: readonly Personality[],
): ColumnContext {
  const parameters = personalitiesOf(spec, personalities).flatMap((personality) => personality.parameters);
  return {
    spec,
    silicon,
    parameter(name) {
      const given = spec.parameters.get(name);
      if (given !== undefined) return given;
      const parameter = parameters.find((candidate) => candidate.name === name);
      if (parameter === undefined) throw new ColumnError(`column "${spec.text}": no parameter "${name}"`);
      return parameter.defaultFor(spec.version);
    },
    atLeast(version, of = "product") {
      const actual = of === "vmm" ? spec.vmm?.version : spec.version;
      return actual !== undefined && actual !== "" && compareVersions(actual, version) >= 0;
    },
  };
}
