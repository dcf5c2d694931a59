import { decode, encode, listOf, type NamedValue, numberOf, parseValues, split, type Values } from "./route-values.ts";
import {
  type SchedulesRoute,
  type StructuresRoute,
  schedulesRoute,
  schedulesValues,
  structuresRoute,
  structuresValues,
  type WalkRoute,
  walkRoute,
  walkValues,
} from "./run-routes.ts";

/** What a permalink of the page says: the view and everything chosen in it. Null means the default. */
export type Route =
  | MatrixRoute
  | CompareRoute
  | StructuresRoute
  | WalkRoute
  | SchedulesRoute
  | CapsRoute
  | OwnRoute
  | QuirksRoute;

export interface MatrixRoute {
  readonly view: "matrix";
  readonly on: readonly string[] | null;
  readonly cpu: string | null;
  /** Also scenarios without differences. */
  readonly all: boolean;
  readonly chart: boolean;
  /** Only scenarios that fit this query. */
  readonly q: string;
  readonly group: MatrixGroup;
  readonly sort: MatrixSort;
}

export const MATRIX_GROUPS = ["none", "vendor", "topic", "seed"] as const;
export type MatrixGroup = (typeof MATRIX_GROUPS)[number];

export const MATRIX_SORTS = ["given", "name", "differences"] as const;
export type MatrixSort = (typeof MATRIX_SORTS)[number];

export interface CompareRoute {
  readonly view: "compare";
  readonly scenario: string | null;
  readonly left: string | null;
  readonly right: string | null;
  /** Further columns beside them. */
  readonly others: readonly string[];
  readonly cpu: string | null;
  /** Quirks switched by hand, `+id` or `-id`. */
  readonly quirks: readonly string[];
  /** What comes from outside, and when. */
  readonly schedule: string | null;
  /** Also verdicts without differences. */
  readonly all: boolean;
  /** Also the instructions that events came from. */
  readonly code: boolean;
  /** The row of the aligned traces that is looked at. */
  readonly row: number | null;
}

export interface CapsRoute {
  readonly view: "caps";
  readonly on: readonly string[] | null;
  readonly cpu: string | null;
  /** Also bits without differences. */
  readonly all: boolean;
}

export interface OwnRoute {
  readonly view: "own";
  readonly on: readonly string[] | null;
  readonly cpu: string | null;
  /** The run that is looked at. */
  readonly run: string | null;
}

export interface QuirksRoute {
  readonly view: "quirks";
  /** The quirk that is looked at. */
  readonly id: string | null;
  /** Only those with these words. */
  readonly q: string;
}

/** Where one begins. */
export const HOME: MatrixRoute = {
  view: "matrix",
  on: null,
  cpu: null,
  all: false,
  chart: false,
  q: "",
  group: "none",
  sort: "given",
};

/** A comparison as it begins, but for what is told. */
export function comparisonOf(
  told: Pick<CompareRoute, "scenario" | "left" | "right" | "cpu"> & Partial<CompareRoute>,
): CompareRoute {
  const begun = {
    view: "compare",
    others: [],
    quirks: [],
    schedule: null,
    all: false,
    code: false,
    row: null,
  } as const;
  return { ...begun, ...told };
}

/** Reads `#/compare/xsaves-control?left=metal&right=kvm@6.1+qemu@8.2`. What is not understood is the default. */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = split(hash.replace(/^#?\/?/, ""), "?");
  const [view = "", scenario = ""] = split(path, "/");
  const values = parseValues(query);
  if (view === "compare") return compareRoute(decode(scenario), values);
  if (view === "structures") return structuresRoute(decode(scenario), values);
  if (view === "walk") return walkRoute(decode(scenario), values);
  if (view === "schedules") return schedulesRoute(decode(scenario), values);
  const common = { on: listOf(values.get("on")), cpu: values.get("cpu") ?? null, all: values.has("all") };
  if (view === "caps") return { view, ...common };
  if (view === "quirks") return { view, id: decode(scenario) || null, q: values.get("q") ?? "" };
  if (view === "own") return { view, on: common.on, cpu: common.cpu, run: decode(scenario) || null };
  return {
    view: "matrix",
    ...common,
    chart: values.get("show") === "chart",
    q: values.get("q") ?? "",
    group: MATRIX_GROUPS.find((group) => group === values.get("group")) ?? "none",
    sort: MATRIX_SORTS.find((sort) => sort === values.get("sort")) ?? "given",
  };
}

function compareRoute(scenario: string, values: Values): CompareRoute {
  return {
    view: "compare",
    scenario: scenario === "" ? null : scenario,
    left: values.get("left") ?? null,
    right: values.get("right") ?? null,
    others: listOf(values.get("others")) ?? [],
    cpu: values.get("cpu") ?? null,
    quirks: listOf(values.get("quirks")) ?? [],
    schedule: values.get("schedule") ?? null,
    all: values.has("all"),
    code: values.has("code"),
    row: numberOf(values.get("row")),
  };
}

/** The permalink of a route: short, and readable because `@ / + , =` stay as they are. */
export function formatRoute(route: Route): string {
  const place = placeOf(route);
  const path = place === null ? route.view : `${route.view}/${encode(place)}`;
  const values = valuesOf(route).flatMap(([name, value]) => (value === null ? [] : [`${name}=${encode(value)}`]));
  return `#/${path}${values.length === 0 ? "" : `?${values.join("&")}`}`;
}

/** What of a route stands in the path, after the view. */
function placeOf(route: Route): string | null {
  if ("scenario" in route) return route.scenario;
  if (route.view === "quirks") return route.id;
  return route.view === "own" ? route.run : null;
}

function valuesOf(route: Route): readonly NamedValue[] {
  if (route.view === "compare") return compareValues(route);
  if (route.view === "structures") return structuresValues(route);
  if (route.view === "walk") return walkValues(route);
  if (route.view === "schedules") return schedulesValues(route);
  if (route.view === "quirks") return [["q", route.q === "" ? null : route.q]];
  const common: NamedValue[] = [
    ["on", route.on?.join(",") ?? null],
    ["cpu", route.cpu],
  ];
  if (route.view === "own") return common;
  const all: NamedValue = ["all", route.all ? "1" : null];
  return route.view === "matrix" ? [...common, ...matrixValues(route), all] : [...common, all];
}

function compareValues({
  left,
  right,
  others,
  cpu,
  quirks,
  schedule,
  row,
  all,
  code,
}: CompareRoute): readonly NamedValue[] {
  return [
    ["left", left],
    ["right", right],
    ["others", others.length === 0 ? null : others.join(",")],
    ["cpu", cpu],
    ["quirks", quirks.length === 0 ? null : quirks.join(",")],
    ["schedule", schedule],
    ["row", row === null ? null : String(row)],
    ["code", code ? "1" : null],
    ["all", all ? "1" : null],
  ];
}

function matrixValues({ q, group, sort, chart }: MatrixRoute): readonly NamedValue[] {
  return [
    ["q", q === "" ? null : q],
    ["group", group === "none" ? null : group],
    ["sort", sort === "given" ? null : sort],
    ["show", chart ? "chart" : null],
  ];
}
