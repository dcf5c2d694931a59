import type { DiffResult, Lab } from "@hvdiff/lab";
import { ApiError } from "../../questions/api-error.ts";
import type { LabClient } from "../lab-client.ts";
import { sha256 } from "../store/files.ts";
import { answerName, type Store } from "../store/store.ts";
import type { RunRequest } from "./run-request.ts";
import { joined, type RunState, readState } from "./run-state.ts";

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

interface Queue {
  readonly client: LabClient;
  readonly store: Store;
  readonly fingerprint: string;
  readonly line: string[];
  readonly listeners: Map<string, Set<Listener>>;
  isBusy: boolean;
}

export function createRunQueue(client: LabClient, store: Store, fingerprint: string): RunQueue {
  const queue: Queue = { client, store, fingerprint, line: [], listeners: new Map(), isBusy: false };
  for (const id of store.runs.names) {
    const status = readState(store.runs.read(id))?.status;
    if (status === "queued" || status === "running") queue.line.push(id);
  }
  void work(queue);
  return {
    start: (request) => start(queue, request),
    state: (id) => readState(store.runs.read(id)),
    list: () => store.runs.names.slice(-MOST_LISTED).flatMap((id) => readState(store.runs.read(id)) ?? []),
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
  const known = readState(queue.store.runs.read(id));
  const isKept = known?.status === "done" && queue.store.answers.sizeOf(resultName(queue, id)) !== null;
  if (known !== null && (isKept || queue.line.includes(id) || known.status === "running")) return known;
  if (queue.line.length >= MOST_WAITING)
    throw new ApiError(429, `${MOST_WAITING} runs are waiting already; try again later`);
  if ("artefact" in request.guest && queue.store.artefacts.sizeOf(request.guest.artefact) === null)
    throw new ApiError(404, `there is no artefact ${request.guest.artefact}; upload it first`);
  const state: RunState = { id, request, status: "queued", done: 0, total: request.columns?.length ?? 0, error: null };
  tell(queue, state);
  queue.line.push(id);
  void work(queue);
  return state;
}

function tell({ store, listeners }: Queue, state: RunState): void {
  store.runs.write(state.id, JSON.stringify(state));
  for (const listener of listeners.get(state.id) ?? []) listener(state);
}

/** Computes what waits, one run after the other. */
async function work(queue: Queue): Promise<void> {
  if (queue.isBusy) return;
  queue.isBusy = true;
  for (let id = queue.line[0]; id !== undefined; id = queue.line[0]) {
    const state = readState(queue.store.runs.read(id));
    if (state !== null) await compute(queue, state);
    queue.line.shift();
  }
  queue.isBusy = false;
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
      const text = await queue.client.call({ method: "diff", guest, columns: asked, options }, image);
      parts.push(JSON.parse(text) as DiffResult);
    }
    queue.store.answers.write(resultName(queue, id), JSON.stringify(joined(parts)));
    tell(queue, { ...running, status: "done", done: columns.length });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell(queue, { ...waiting, status: "failed", error: message });
  }
}

async function defaultColumns(client: LabClient): Promise<readonly string[]> {
  const answer = JSON.parse(await client.call({ method: "columns" })) as {
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
