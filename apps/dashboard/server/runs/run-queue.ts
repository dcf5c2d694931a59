import type { DiffResult, Lab } from "@hvdiff/lab";
import { ApiError } from "../../questions/api-error.ts";
import type { LabClient } from "../lab-client.ts";
import { sha256 } from "../store/files.ts";
import { answerName, type Store } from "../store/store.ts";
import { type KeptRuns, keptRuns } from "./kept-runs.ts";
import type { RunRequest } from "./run-request.ts";
import { joined, type RunState } from "./run-state.ts";

type Listener = (state: RunState) => void;

/** Runs that were asked for, computed column by column. They outlive the process: what was not finished is taken up again. */
export interface RunQueue {
  /** The same request is the same run. Errors: `ApiError` 429 when too many wait. */
  start(request: RunRequest): RunState;
  state(id: string): RunState | null;
  list(): readonly RunState[];
  /** The result as JSON; null unless the run is done. */
  result(id: string): Buffer | null;
  /** Tells of every change until the returned function is called. */
  listen(id: string, listener: Listener): () => void;
}

const MOST_WAITING = 32;
const MOST_LISTED = 100;
/** Runs computed at once; the lab has a thread more. */
const AT_ONCE = 2;

interface Queue {
  readonly client: LabClient;
  readonly store: Store;
  readonly fingerprint: string;
  readonly runs: KeptRuns;
  /** What waits. */
  readonly line: string[];
  /** What is computed now. */
  readonly active: Set<string>;
  readonly listeners: Map<string, Set<Listener>>;
}

export function createRunQueue(client: LabClient, store: Store, fingerprint: string): RunQueue {
  const runs = keptRuns(store.runs);
  const queue: Queue = { client, store, fingerprint, runs, line: [], active: new Set(), listeners: new Map() };
  for (const { id, status } of runs.all) if (status === "queued" || status === "running") queue.line.push(id);
  work(queue);
  return {
    start: (request) => start(queue, request),
    state: runs.of,
    list: () => runs.all.slice(-MOST_LISTED),
    result: (id) => store.answers.read(resultName(queue, id)),
    listen(id, listener) {
      const listeners = queue.listeners.get(id) ?? new Set();
      queue.listeners.set(id, listeners.add(listener));
      return () => listeners.delete(listener);
    },
  };
}

function resultName({ fingerprint }: Queue, id: string): string {
  return answerName(fingerprint, { run: id });
}

function start(queue: Queue, request: RunRequest): RunState {
  const id = sha256(JSON.stringify(request));
  const known = queue.runs.of(id);
  const isKept = known?.status === "done" && queue.store.answers.sizeOf(resultName(queue, id)) !== null;
  if (known !== null && (isKept || queue.line.includes(id) || queue.active.has(id))) return known;
  if (queue.line.length >= MOST_WAITING)
    throw new ApiError(429, `${MOST_WAITING} runs are waiting already; try again later`);
  if ("artefact" in request.guest && queue.store.artefacts.sizeOf(request.guest.artefact) === null)
    throw new ApiError(404, `there is no artefact ${request.guest.artefact}; upload it first`);
  const state: RunState = { id, request, status: "queued", done: 0, total: request.columns?.length ?? 0, error: null };
  tell(queue, state);
  queue.line.push(id);
  work(queue);
  return state;
}

function tell({ runs, listeners }: Queue, state: RunState): void {
  runs.keep(state);
  for (const listener of listeners.get(state.id) ?? []) listener(state);
}

/** Begins what waits, as long as there is room. */
function work(queue: Queue): void {
  while (queue.active.size < AT_ONCE) {
    const id = queue.line.shift();
    if (id === undefined) return;
    const state = queue.runs.of(id);
    if (state === null) continue;
    queue.active.add(id);
    const onend = () => {
      queue.active.delete(id);
      work(queue);
    };
    compute(queue, state).then(onend, onend);
  }
}

async function compute(queue: Queue, waiting: RunState): Promise<void> {
  const { id, request } = waiting;
  try {
    const columns = request.columns ?? (await defaultColumns(queue.client));
    const image = imageOf(queue, request);
    const [reference = "metal", ...others] = columns;
    const running = { ...waiting, status: "running" as const, total: columns.length, error: null };
    const parts: DiffResult[] = [];
    for (const asked of [[reference], ...others.map((column) => [reference, column])]) {
      tell(queue, { ...running, done: parts.length });
      const { guest, options } = request;
      const answer = await queue.client.call({ method: "diff", guest, columns: asked, options }, image);
      parts.push(JSON.parse(answer.toString()) as DiffResult);
    }
    queue.store.answers.write(resultName(queue, id), JSON.stringify(joined(parts)));
    tell(queue, { ...running, status: "done", done: columns.length });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell(queue, { ...waiting, status: "failed", error: message });
  }
}

async function defaultColumns(client: LabClient): Promise<readonly string[]> {
  const answer = JSON.parse((await client.call({ method: "columns" })).toString()) as {
    defaults: ReturnType<Lab["defaultColumns"]>;
  };
  return answer.defaults;
}

function imageOf({ store }: Queue, { guest }: RunRequest): Uint8Array | undefined {
  if ("scenario" in guest) return undefined;
  const image = store.artefacts.read(guest.artefact);
  if (image === null) throw new ApiError(404, `there is no artefact ${guest.artefact} any more`);
  return image;
}
