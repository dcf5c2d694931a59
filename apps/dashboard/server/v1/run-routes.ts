import express, { type Response, type Router } from "express";
import { ApiError } from "../../questions/api-error.ts";
import type { RunQueue } from "../runs/run-queue.ts";
import { runRequestOf } from "../runs/run-request.ts";
import type { RunState } from "../runs/run-state.ts";
import { nameIn } from "./artefact-routes.ts";

const MOST_BODY = 64 * 1024;
const MOST_LISTENERS = 64;
const HEARTBEAT_MS = 15_000;

/** Runs: asked for, watched, read. */
export function addRunRoutes(api: Router, queue: RunQueue): void {
  let listeners = 0;
  const found = (id: string): RunState => {
    const state = queue.state(id);
    if (state === null) throw new ApiError(404, `there is no run ${id}`);
    return state;
  };
  api.get("/runs", (_request, response) => {
    response.json(queue.list());
  });
  api.post("/runs", express.json({ limit: MOST_BODY, inflate: false }), (request, response) => {
    if (request.is("application/json") === false) throw new ApiError(415, "a run is asked for as application/json");
    const state = queue.start(runRequestOf(request.body));
    response.status(202).location(`/api/v1/runs/${state.id}`).json(state);
  });
  api.get("/runs/:id", (request, response) => {
    response.json(found(nameIn(request)));
  });
  api.get("/runs/:id/result", (request, response) => {
    const { id, status, error } = found(nameIn(request));
    const result = status === "done" ? queue.result(id) : null;
    if (result === null)
      throw new ApiError(404, `run ${id} has no result: it is ${status}${error === null ? "" : `, ${error}`}`);
    response.type("json").send(result);
  });
  api.get("/runs/:id/events", (request, response) => {
    const state = found(nameIn(request));
    if (listeners >= MOST_LISTENERS) throw new ApiError(429, `${MOST_LISTENERS} are listening already`);
    listeners += 1;
    stream(response, state, queue, () => {
      listeners -= 1;
    });
  });
}

/** Sends the state now and whenever it changes, until the run is over or nobody listens. */
function stream(response: Response, state: RunState, queue: RunQueue, onend: () => void): void {
  response.set({ "Content-Type": "text/event-stream", "Cache-Control": "no-store", Connection: "keep-alive" });
  response.flushHeaders();
  const send = (now: RunState) => {
    response.write(`event: ${now.status}\ndata: ${JSON.stringify(now)}\n\n`);
    if (now.status === "done" || now.status === "failed") response.end();
  };
  const stop = queue.listen(state.id, send);
  const heartbeat = setInterval(() => response.write(": still here\n\n"), HEARTBEAT_MS);
  response.on("close", () => {
    clearInterval(heartbeat);
    stop();
    onend();
  });
  send(queue.state(state.id) ?? state);
}
