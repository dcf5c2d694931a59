import type { ExploreOptions, WalkOptions } from "@hvdiff/lab";
import { ApiError } from "./api-error.ts";
import type { GuestRef, LabRequest } from "./lab-request.ts";
import { isName } from "./names.ts";
import {
  columnOf,
  columnsOf,
  numberOf,
  optionsOf,
  type Query,
  requiredColumnOf,
  textOf,
} from "./request-parameters.ts";

/** A question as it comes over HTTP, or from a page that has no server. */
export interface Asked {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Query;
}

/** A parameter of a question, for the document. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly summary: string;
  readonly required?: boolean;
}

/** A question to the lab: how it is asked and what the answer is called. */
export interface Endpoint {
  /** With `{name}` for parameters in the path. */
  readonly path: string;
  readonly summary: string;
  /** Name of the result type. */
  readonly answer: string;
  readonly parameters: readonly Parameter[];
  toRequest(request: Asked): LabRequest;
}

const ON: Parameter = { name: "on", in: "query", summary: "columns, comma-separated; the first is the reference" };
const CPU: Parameter = { name: "cpu", in: "query", summary: "the silicon" };
const QUIRKS: Parameter = { name: "quirks", in: "query", summary: "quirks switched by hand: +id, -id" };
const SCHEDULE: Parameter = {
  name: "schedule",
  in: "query",
  summary: "what comes from outside, and when: signal@1234,irq:0x31@88",
};
const Q: Parameter = { name: "q", in: "query", summary: "only scenarios that fit this query" };
const GUEST: Parameter = {
  name: "guest",
  in: "path",
  summary: "a scenario's id, or sha256:DIGITS of an uploaded image",
  required: true,
};
const COLUMN: Parameter = { name: "on", in: "query", summary: "a column", required: true };
const SCENARIO: Parameter = { name: "scenario", in: "path", summary: "a scenario's id", required: true };

const WALK: readonly Parameter[] = [
  { name: "event", in: "query", summary: "position in the whole trace, level 0 too: this has happened" },
  { name: "vcpu", in: "query", summary: "the processor" },
  { name: "address", in: "query", summary: "linear, 0x…; default: where the guest is" },
];

/** Schedules that one request may try. */
const MOST_SCHEDULES = 20_000;
const MOST_BOUND = 2;

function exploreOptionsOf(query: Query): ExploreOptions {
  const { schedule: _, ...options } = optionsOf(query);
  const events = textOf(query, "events");
  const bound = numberOf(query, "bound") ?? 1;
  if (bound > MOST_BOUND) throw new ApiError(400, `“bound” is at most ${MOST_BOUND} here; hvdiff explore goes further`);
  const given = events === null ? {} : { events: events.split(",") };
  return { ...options, ...given, bound, schedules: MOST_SCHEDULES, tree: true };
}

function walkOf(query: Query): WalkOptions {
  const [event, vcpu] = [numberOf(query, "event"), numberOf(query, "vcpu")];
  const address = textOf(query, "address");
  return {
    ...(event === null ? {} : { event }),
    ...(vcpu === null ? {} : { vcpu }),
    ...(address === null ? {} : { address }),
  };
}

/** The guest that a path names. */
export function guestOf(text: string): GuestRef {
  if (!text.startsWith("sha256:")) return { scenario: text };
  const artefact = text.slice("sha256:".length);
  if (!isName(artefact)) throw new ApiError(400, "after “sha256:” come 64 hexadecimal digits");
  return { artefact, name: `sha256-${artefact.slice(0, 12)}` };
}

const guestIn = ({ params }: Asked) => guestOf(String(params["guest"]));

/** What is asked about one run of a guest in one column. */
function aboutARun(method: "structures" | "code"): Pick<Endpoint, "parameters" | "toRequest"> {
  return {
    parameters: [GUEST, COLUMN, CPU, QUIRKS, SCHEDULE],
    toRequest: (request) => ({
      method,
      guest: guestIn(request),
      column: requiredColumnOf(request.query, "on"),
      options: optionsOf(request.query),
    }),
  };
}

/** Everything the lab is asked by GET. Routes and the OpenAPI document are made of this. */
export const ENDPOINTS: readonly Endpoint[] = [
  {
    path: "/scenarios",
    summary: "The bundled scenarios",
    answer: "ScenarioResult[]",
    parameters: [],
    toRequest: () => ({ method: "scenarios" }),
  },
  {
    path: "/columns",
    summary: "The default columns and the silicon models",
    answer: "Choices",
    parameters: [],
    toRequest: () => ({ method: "columns" }),
  },
  {
    path: "/matrix",
    summary: "All scenarios over the columns",
    answer: "MatrixResult",
    parameters: [ON, CPU, QUIRKS, Q],
    toRequest: ({ query }) => ({ method: "matrix", columns: columnsOf(query), options: optionsOf(query) }),
  },
  {
    path: "/matrix/{scenario}",
    summary: "One scenario's row of the matrix",
    answer: "MatrixResult",
    parameters: [SCENARIO, ON, CPU, QUIRKS],
    toRequest: ({ query, params }) => ({
      method: "matrixRow",
      scenario: String(params["scenario"]),
      columns: columnsOf(query),
      options: optionsOf(query),
    }),
  },
  {
    path: "/diff/{guest}",
    summary: "One guest on several columns, each compared with the first",
    answer: "DiffResult",
    parameters: [GUEST, ON, CPU, QUIRKS, SCHEDULE],
    toRequest: (request) => ({
      method: "diff",
      guest: guestIn(request),
      columns: columnsOf(request.query),
      options: optionsOf(request.query),
    }),
  },
  {
    path: "/compare/{guest}",
    summary: "Two columns' aligned traces",
    answer: "CompareResult",
    parameters: [
      GUEST,
      { name: "left", in: "query", summary: "the reference column", required: true },
      { name: "right", in: "query", summary: "the column compared with it", required: true },
      CPU,
      QUIRKS,
      SCHEDULE,
    ],
    toRequest: (request) => ({
      method: "compare",
      guest: guestIn(request),
      left: requiredColumnOf(request.query, "left"),
      right: requiredColumnOf(request.query, "right"),
      options: optionsOf(request.query),
    }),
  },
  {
    path: "/structures/{guest}",
    summary: "How the control structures of a column's L0 change over the run, and why",
    answer: "StructuresResult",
    ...aboutARun("structures"),
  },
  {
    path: "/code/{guest}",
    summary: "The instruction that each guest-visible event of a column came from",
    answer: "CodeResult",
    ...aboutARun("code"),
  },
  {
    path: "/schedules/{guest}",
    summary: "Search the schedules of a guest for one that breaks verdicts, with the tree of what was tried",
    answer: "ExploreResult",
    parameters: [
      GUEST,
      COLUMN,
      { name: "events", in: "query", summary: "what may come from outside: signal, host-irq, irq:VECTOR, nmi, turn" },
      { name: "bound", in: "query", summary: "most deviations, 0 to 2; default: 1" },
      CPU,
      QUIRKS,
    ],
    toRequest: (request) => ({
      method: "explore",
      guest: guestIn(request),
      column: requiredColumnOf(request.query, "on"),
      options: exploreOptionsOf(request.query),
    }),
  },
  {
    path: "/walk/{guest}",
    summary: "How a linear address is translated at a moment, in all dimensions",
    answer: "PageWalkResult",
    parameters: [GUEST, COLUMN, ...WALK, CPU, QUIRKS, SCHEDULE],
    toRequest: (request) => ({
      method: "pageWalk",
      guest: guestIn(request),
      column: requiredColumnOf(request.query, "on"),
      options: optionsOf(request.query),
      asked: walkOf(request.query),
    }),
  },
  {
    path: "/caps",
    summary: "What the columns offer, bit by bit",
    answer: "CapsResult",
    parameters: [ON, CPU, QUIRKS],
    toRequest: ({ query }) => ({ method: "caps", columns: columnsOf(query), options: optionsOf(query) }),
  },
  {
    path: "/quirks",
    summary: "The quirk records, or those active in a column",
    answer: "QuirkResult[]",
    parameters: [{ name: "on", in: "query", summary: "a column" }],
    toRequest: ({ query }) => ({ method: "quirks", column: columnOf(query, "on") }),
  },
];
