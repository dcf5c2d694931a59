import type { MatrixResult } from "@hvdiff/lab";
import { matchesRow, parseQuery } from "@hvdiff/query";
import { type ErrorRequestHandler, type Request, Router } from "express";
import { ApiError } from "../../questions/api-error.ts";
import { ENDPOINTS } from "../../questions/endpoints.ts";
import type { LabRequest } from "../../questions/lab-request.ts";
import type { LabClient } from "../lab-client.ts";
import type { RunQueue } from "../runs/run-queue.ts";
import { statusOf } from "../status-of.ts";
import type { Store } from "../store/store.ts";
import { addArtefactRoutes } from "./artefact-routes.ts";
import { addDumpRoute } from "./dump-route.ts";
import { OPERATIONS, openApiDocument } from "./openapi.ts";
import { addRunRoutes } from "./run-routes.ts";
import { sendAnswer } from "./send-answer.ts";

/** Version 1 of the API, to be mounted under `/api/v1`. */
export function createApi(given: { client: LabClient; store: Store; queue: RunQueue }): Router {
  const { client, store, queue } = given;
  const api = Router();
  for (const endpoint of ENDPOINTS) {
    api.get(expressPath(endpoint.path), async (request, response) => {
      const asked = endpoint.toRequest(request);
      sendAnswer(response, filtered(asked, request, await client.call(asked, imageFor(asked, store))));
    });
  }
  api.get("/openapi.json", (_request, response) => {
    response.json(openApiDocument());
  });
  addDumpRoute(api, client);
  addArtefactRoutes(api, store);
  addRunRoutes(api, queue);
  for (const path of new Set(OPERATIONS.map((operation) => operation.path))) refuseOtherMethods(api, path);
  api.use((request) => {
    throw new ApiError(404, `no such endpoint: ${request.method} ${request.originalUrl.slice(0, 200)}`);
  });
  api.use(sendError);
  return api;
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function refuseOtherMethods(api: Router, path: string): void {
  const methods = OPERATIONS.filter((operation) => operation.path === path).map(({ method }) => method.toUpperCase());
  api.all(expressPath(path), (request, response) => {
    response.set("Allow", methods.join(", "));
    throw new ApiError(405, `${request.method} is not possible here; ${methods.join(", ")} is`);
  });
}

function imageFor(asked: LabRequest, { artefacts }: Store): Uint8Array | undefined {
  if (!("guest" in asked) || "scenario" in asked.guest) return undefined;
  const image = artefacts.read(asked.guest.artefact);
  if (image === null) throw new ApiError(404, `there is no artefact ${asked.guest.artefact}`);
  return image;
}

/** The matrix's rows that fit `?q=`. */
function filtered(asked: LabRequest, { query }: Request, answer: Buffer): Buffer {
  const q = query["q"];
  if (asked.method !== "matrix" || q === undefined) return answer;
  if (typeof q !== "string") throw new ApiError(400, "“q” is given once");
  const matrix = JSON.parse(answer.toString()) as MatrixResult;
  const parsed = parseQuery(q, { columns: matrix.columns.map(({ column }) => column) });
  if (!parsed.ok) throw new ApiError(400, `“q”: ${parsed.error.message}, at character ${parsed.error.start + 1}`);
  const rows = matrix.rows.filter((row) => matchesRow(parsed.query, row, matrix.columns));
  return Buffer.from(JSON.stringify({ ...matrix, rows }));
}

/** Bad input is the user's to mend (4xx), all else is ours (500); either way one line of JSON. */
const sendError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const message = error instanceof Error ? error.message : String(error);
  response.status(statusOf(error)).json({ error: message });
};
