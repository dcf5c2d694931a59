import { type CpuModel, supportedEfer } from "@hvdiff/cpu";
import { mergePolicy, type Quirk } from "@hvdiff/personality";
import { hex } from "@hvdiff/spec";
import type { RunOptions } from "./api.ts";
import { UsageError } from "./api.ts";
import { attribute } from "./attribute.ts";
import { CAPABILITY_SOURCES, type CapabilitySource } from "./caps-sources.ts";
import { configurationOf } from "./configuration.ts";
import { pairAblation, quirksOfBoth, quirksWithout } from "./pair-ablation.ts";
import { quirkResult } from "./quirk-results.ts";
import { resolveColumn, resolveCpu } from "./resolve.ts";
import type { ResolvedColumn } from "./resolved-column.ts";
import {
  type CapabilityBit,
  type CapabilityField,
  type CapabilityGroup,
  type CapsResult,
  type Cause,
  SCHEMA_VERSION,
} from "./results.ts";
import { type ShownModel, showsSvm, withVmCr } from "./vm-cr.ts";

const VMX_BIT = 5;

/** A column with the CPU that its guest sees, and the same with fewer quirks. */
class CapsColumn {
  readonly resolved: ResolvedColumn;
  readonly model: ShownModel;
  private readonly silicon: CpuModel;
  private readonly models = new Map<string, ShownModel>();

  constructor(resolved: ResolvedColumn, silicon: CpuModel) {
    this.resolved = resolved;
    this.silicon = silicon;
    this.model = this.with(resolved.quirks);
  }

  with(quirks: readonly Quirk[]): ShownModel {
    const key = quirks.map((quirk) => quirk.id).join(",");
    let model = this.models.get(key);
    if (model === undefined) {
      const { guestModel } = configurationOf(this.resolved, quirks, this.silicon);
      model = { ...withVmCr(guestModel, mergePolicy(quirks)), efer: supportedEfer({ model: guestModel }) };
      this.models.set(key, model);
    }
    return model;
  }
}

/** Causes of what differs from the first column, by ablation over the capability rules of both. */
function causesFor(
  column: CapsColumn,
  wanted: ReadonlyMap<string, (model: ShownModel) => string>,
  reference: CapsColumn,
): Map<string, Cause> {
  const differing = new Map([...wanted].filter(([, read]) => read(column.model) !== read(reference.model)));
  const answers = attribute(
    pairAblation<ShownModel>(quirksOfBoth(reference.resolved.quirks, column.resolved.quirks), {
      questions: [...differing.keys()],
      without: (removed) => ({
        there: reference.with(quirksWithout(reference.resolved.quirks, removed)),
        here: column.with(quirksWithout(column.resolved.quirks, removed)),
      }),
      answer: (model, question) => differing.get(question)!(model),
    }),
  );
  return new Map(
    [...answers].map(([id, quirks]) => [
      id,
      quirks === null
        ? { kind: "unattributed", reason: "no capability rule explains it" }
        : { kind: "quirks", quirks: quirks.map(quirkResult) },
    ]),
  );
}

/** Everything that is compared, by id, as a function of a CPU model. */
function readersOf(sources: readonly CapabilitySource[]): Map<string, (model: ShownModel) => string> {
  const readers = new Map<string, (model: ShownModel) => string>();
  for (const source of sources) {
    for (const bit of source.bits)
      readers.set(`${source.source}#${bit.bit}`, (model) => source.stateOf(model, bit.bit));
    for (const field of source.fields)
      readers.set(`${source.source}:${field.label}`, (model) => field.read(source.raw(model)));
  }
  return readers;
}

function groupOf(
  source: CapabilitySource,
  columns: readonly CapsColumn[],
  causes: readonly ReadonlyMap<string, Cause>[],
): CapabilityGroup {
  const causesOf = (id: string) => columns.slice(1).map((_, at) => causes[at]!.get(id) ?? null);
  const bits = source.bits.map((bit): CapabilityBit => {
    const states = columns.map((column) => source.stateOf(column.model, bit.bit));
    return {
      bit: bit.bit,
      label: bit.label,
      name: bit.name,
      ...(bit.qemu === undefined ? {} : { qemu: bit.qemu }),
      states,
      differs: new Set(states).size > 1,
      causes: causesOf(`${source.source}#${bit.bit}`),
    };
  });
  const fields = source.fields.map((field): CapabilityField => {
    const values = columns.map((column) => field.read(source.raw(column.model)));
    return {
      label: field.label,
      values,
      differs: new Set(values).size > 1,
      causes: causesOf(`${source.source}:${field.label}`),
    };
  });
  const raw = columns.map((column) => {
    const value = source.raw(column.model);
    return value === null ? null : hex(value, 16);
  });
  return { title: source.title, source: source.source, raw, bits, fields, differs: new Set(raw).size > 1 };
}

function showsVmx(model: CpuModel): boolean {
  const leaf = model.cpuid.find((entry) => entry.leaf === 1);
  return leaf !== undefined && ((leaf.ecx >>> VMX_BIT) & 1) !== 0;
}

/** Capability MSRs and CPUID of the columns, compared with the first. Errors: `UsageError`. */
export function caps(columns: readonly string[], options: RunOptions = {}): CapsResult {
  if (columns.length === 0) throw new UsageError("no columns to show");
  const silicon = resolveCpu(options);
  const made = columns.map((text) => new CapsColumn(resolveColumn(text, silicon, options), silicon));
  const readers = readersOf(CAPABILITY_SOURCES);
  const causes = made.slice(1).map((column) => causesFor(column, readers, made[0]!));
  return {
    schemaVersion: SCHEMA_VERSION,
    cpu: silicon.id,
    columns: made.map(({ resolved, model }) => ({
      column: resolved.text,
      full: resolved.spec.text,
      vmx: showsVmx(model),
      svm: showsSvm(model),
    })),
    groups: CAPABILITY_SOURCES.map((source) => groupOf(source, made, causes)),
  };
}
