import { listOf, type NamedValue, numberOf, type Values } from "./route-values.ts";

/** One run: what a view that looks into it needs to know. */
export interface RunChoice {
  readonly scenario: string | null;
  readonly column: string | null;
  readonly cpu: string | null;
  /** Quirks switched by hand, `+id` or `-id`. */
  readonly quirks: readonly string[];
  /** What comes from outside, and when. */
  readonly schedule: string | null;
}

export interface StructuresRoute extends RunChoice {
  readonly view: "structures";
  readonly vcpu: number;
  /** The event that is looked at. */
  readonly at: number | null;
  /** Without `at`: the first event with this text. */
  readonly find: string | null;
  /** `structure.field` whose value is explained. */
  readonly field: string | null;
  /** Without `at`: the first moment at which this bit of the field is set. */
  readonly bit: number | null;
  /** Also fields that are 0 everywhere. */
  readonly all: boolean;
}

export interface WalkRoute extends RunChoice {
  readonly view: "walk";
  readonly vcpu: number;
  /** The event that has happened. */
  readonly at: number;
  /** Linear; null: where the guest is. */
  readonly address: string | null;
}

export interface SchedulesRoute extends RunChoice {
  readonly view: "schedules";
  /** What may come from outside; null: signals. */
  readonly events: string | null;
  /** Most deviations; null: 1. */
  readonly bound: number | null;
  /** Whether the search is to be made: it takes a while. */
  readonly search: boolean;
}

export function schedulesRoute(scenario: string, values: Values): SchedulesRoute {
  return {
    view: "schedules",
    ...runChoice(scenario, values),
    events: values.get("events") ?? null,
    bound: numberOf(values.get("bound")),
    search: values.has("search"),
  };
}

export function schedulesValues(route: SchedulesRoute): NamedValue[] {
  const { events, bound, search } = route;
  return [
    ...runValues(route),
    ["events", events],
    ["bound", bound === null ? null : String(bound)],
    ["search", search ? "1" : null],
  ];
}

export function walkRoute(scenario: string, values: Values): WalkRoute {
  return {
    view: "walk",
    ...runChoice(scenario, values),
    vcpu: numberOf(values.get("vcpu")) ?? 0,
    at: numberOf(values.get("at")) ?? 0,
    address: values.get("address") ?? null,
  };
}

export function walkValues(route: WalkRoute): NamedValue[] {
  const { vcpu, at, address } = route;
  return [...runValues(route), ["vcpu", vcpu === 0 ? null : String(vcpu)], ["at", String(at)], ["address", address]];
}

function runChoice(scenario: string, values: Values): RunChoice {
  return {
    scenario: scenario === "" ? null : scenario,
    column: values.get("on") ?? null,
    cpu: values.get("cpu") ?? null,
    quirks: listOf(values.get("quirks")) ?? [],
    schedule: values.get("schedule") ?? null,
  };
}

function runValues({ column, cpu, quirks, schedule }: RunChoice): NamedValue[] {
  return [
    ["on", column],
    ["cpu", cpu],
    ["quirks", quirks.length === 0 ? null : quirks.join(",")],
    ["schedule", schedule],
  ];
}

export function structuresRoute(scenario: string, values: Values): StructuresRoute {
  return {
    view: "structures",
    ...runChoice(scenario, values),
    vcpu: numberOf(values.get("vcpu")) ?? 0,
    at: numberOf(values.get("at")),
    find: values.get("find") ?? null,
    field: values.get("field") ?? null,
    bit: numberOf(values.get("bit")),
    all: values.has("all"),
  };
}

export function structuresValues(route: StructuresRoute): NamedValue[] {
  const { vcpu, at, find, field, bit, all } = route;
  const text = (number: number | null) => (number === null ? null : String(number));
  return [
    ...runValues(route),
    ["vcpu", vcpu === 0 ? null : String(vcpu)],
    ["at", text(at)],
    ["find", find],
    ["field", field],
    ["bit", text(bit)],
    ["all", all ? "1" : null],
  ];
}
