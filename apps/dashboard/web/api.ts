import type {
  CapsResult,
  CodeResult,
  CompareResult,
  DiffResult,
  DumpResult,
  ExploreResult,
  Lab,
  MatrixResult,
  PageWalkResult,
  QuirkResult,
  ScenarioResult,
  StructuresResult,
} from "@hvdiff/lab";
import { ask } from "./ask.ts";

/** What one can choose from. */
export interface Choices {
  /** Columns shown when none is named, metal first. */
  readonly defaults: ReturnType<Lab["defaultColumns"]>;
  readonly cpus: ReturnType<Lab["cpus"]>;
}

/** The server's answers; each question is asked once. */
export interface Api {
  scenarios(): Promise<readonly ScenarioResult[]>;
  choices(): Promise<Choices>;
  quirks(): Promise<readonly QuirkResult[]>;
  /** One scenario's row of the matrix. */
  matrixRow(asked: { scenario: string; on: readonly string[] | null; cpu: string | null }): Promise<MatrixResult>;
  caps(asked: { on: readonly string[] | null; cpu: string | null }): Promise<CapsResult>;
  compare(asked: ComparisonAsked): Promise<CompareResult>;
  structures(asked: RunAsked): Promise<StructuresResult>;
  /** Which instruction each event of a column came from. */
  code(asked: RunAsked): Promise<CodeResult>;
  /** Searches for a schedule that does harm. */
  explore(asked: RunAsked & { events: string | null; bound: number | null }): Promise<ExploreResult>;
  pageWalk(asked: RunAsked & WalkAsked): Promise<PageWalkResult>;
  /** What a text says of a processor, beside the nearest column or this one. */
  readDump(text: string, column: string | null): Promise<DumpResult>;
  /** Uploads an image and asks for a run of it. */
  startRun(asked: { file: File; on: readonly string[] | null; cpu: string | null }): Promise<RunState>;
  runs(): Promise<readonly RunState[]>;
  run(id: string): Promise<RunState>;
  runResult(id: string): Promise<DiffResult>;
  /** Tells of a run's progress, or with null that the server does not answer just now, until it is over or the returned function is called. */
  watchRun(id: string, tell: (state: RunState | null) => void): () => void;
}

/** How far a run is. */
export interface RunState {
  readonly id: string;
  readonly request: {
    readonly guest: { readonly scenario: string } | { readonly artefact: string; readonly name: string };
    readonly columns: readonly string[] | null;
    readonly options: { readonly cpu?: string };
  };
  readonly status: "queued" | "running" | "done" | "failed";
  readonly done: number;
  readonly total: number;
  readonly error: string | null;
}

export interface ComparisonAsked {
  readonly scenario: string;
  readonly left: string;
  readonly right: string;
  readonly cpu: string | null;
  readonly quirks: readonly string[];
  readonly schedule: string | null;
}

/** What is translated, and when. */
export interface WalkAsked {
  readonly at: number;
  readonly vcpu: number;
  readonly address: string | null;
}

export interface RunAsked {
  readonly scenario: string;
  readonly column: string;
  readonly cpu: string | null;
  readonly quirks: readonly string[];
  readonly schedule: string | null;
}

const AGAIN_MS = 2000;

/** Answers kept; rows of the matrix are many and small. */
const MOST_KEPT = { rows: 2000, others: 100 };

export function createApi(): Api {
  const kept = { rows: new Map<string, Promise<unknown>>(), others: new Map<string, Promise<unknown>>() };

  function get<T>(path: string, parameters: Readonly<Record<string, string | null>> = {}): Promise<T> {
    const kind = path.startsWith("matrix/") ? "rows" : "others";
    const answers = kept[kind];
    const given = Object.entries(parameters).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
    const query = new URLSearchParams(given).toString();
    const address = `api/v1/${path}${query === "" ? "" : `?${query}`}`;
    const result = answers.get(address) ?? ask(address);
    answers.delete(address);
    answers.set(address, result);
    result.catch(() => answers.delete(address));
    const [oldest] = answers.keys();
    if (answers.size > MOST_KEPT[kind] && oldest !== undefined) answers.delete(oldest);
    return result as Promise<T>;
  }

  return {
    scenarios: () => get("scenarios"),
    choices: () => get("columns"),
    quirks: () => get("quirks"),
    matrixRow: ({ scenario, on, cpu }) =>
      get(`matrix/${encodeURIComponent(scenario)}`, { on: on?.join(",") ?? null, cpu }),
    caps: ({ on, cpu }) => get("caps", { on: on?.join(",") ?? null, cpu }),
    compare: ({ scenario, left, right, cpu, quirks, schedule }) =>
      get(`compare/${encodeURIComponent(scenario)}`, { left, right, cpu, quirks: quirks.join(",") || null, schedule }),
    structures: (asked) => get(`structures/${encodeURIComponent(asked.scenario)}`, runParameters(asked)),
    code: (asked) => get(`code/${encodeURIComponent(asked.scenario)}`, runParameters(asked)),
    explore: ({ events, bound, ...asked }) =>
      get(`schedules/${encodeURIComponent(asked.scenario)}`, {
        ...runParameters({ ...asked, schedule: null }),
        events,
        bound: bound === null ? null : String(bound),
      }),
    pageWalk: (asked) =>
      get(`walk/${encodeURIComponent(asked.scenario)}`, {
        ...runParameters(asked),
        event: String(asked.at),
        vcpu: String(asked.vcpu),
        address: asked.address,
      }),
    readDump: (text, column) =>
      ask(`api/v1/dumps${column === null ? "" : `?on=${encodeURIComponent(column)}`}`, {
        method: "POST",
        headers: { "Content-Type": "text/plain" },
        body: text,
      }) as Promise<DumpResult>,
    startRun,
    runs: () => ask("api/v1/runs") as Promise<readonly RunState[]>,
    run: (id) => ask(`api/v1/runs/${id}`) as Promise<RunState>,
    runResult: (id) => get(`runs/${id}/result`),
    watchRun,
  };
}

function runParameters({ column, cpu, quirks, schedule }: RunAsked): Record<string, string | null> {
  return { on: column, cpu, quirks: quirks.join(",") || null, schedule };
}

async function startRun(asked: { file: File; on: readonly string[] | null; cpu: string | null }): Promise<RunState> {
  const { file, on, cpu } = asked;
  const artefact = (await ask(`api/v1/artefacts?name=${encodeURIComponent(file.name)}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  })) as { id: string; name: string };
  const guest = { artefact: artefact.id, name: artefact.name };
  const run = { guest, columns: on, options: cpu === null ? {} : { cpu } };
  return (await ask("api/v1/runs", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(run),
  })) as RunState;
}

/** The browser itself connects again to a server that went away, but not after an answer that was an error. */
function watchRun(id: string, tell: (state: RunState | null) => void): () => void {
  let source: EventSource;
  let again: ReturnType<typeof setTimeout> | undefined;
  const onstate = ({ data, type }: MessageEvent<string>) => {
    if (type === "done" || type === "failed") source.close();
    tell(JSON.parse(data) as RunState);
  };
  const connect = () => {
    source = new EventSource(`api/v1/runs/${id}/events`);
    for (const status of ["queued", "running", "done", "failed"]) source.addEventListener(status, onstate);
    source.addEventListener("error", () => {
      tell(null);
      if (source.readyState === EventSource.CLOSED) again = setTimeout(connect, AGAIN_MS);
    });
  };
  connect();
  return () => {
    clearTimeout(again);
    source.close();
  };
}
