import { UsageError } from "@hvdiff/lab";
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, Router } from "express";
import { withCache } from "./answer-cache.ts";
import type { LabClient } from "./lab-client.ts";
import type { LabRequest } from "./lab-request.ts";
import { columnOf, columnsOf, optionsOf, requiredColumnOf } from "./request-parameters.ts";
import { servePage } from "./serve-page.ts";

/** Nothing is loaded from elsewhere, and nobody frames the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The whole application: the API under `/api`, and the built page from `webDirectory`. */
export function createApp(client: LabClient, webDirectory?: string): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(securityHeaders);
  app.use("/api", createApi(withCache(client)));
  if (webDirectory !== undefined) app.use(servePage(webDirectory));
  app.use((_request, response) => {
    response.status(404).type("text").send("not found\n");
  });
  return app;
}

function createApi(client: LabClient): Router {
  const api = Router();
  const get = (path: string, toRequest: (request: Request) => LabRequest) => {
    api.get(path, async (request, response) => {
      const text = await client.call(toRequest(request));
      response.set("Cache-Control", "no-cache").type("json").send(text);
    });
  };
  get("/scenarios", () => ({ method: "scenarios" }));
  get("/columns", () => ({ method: "columns" }));
  get("/matrix", ({ query }) => ({ method: "matrix", columns: columnsOf(query), options: optionsOf(query) }));
  get("/matrix/:scenario", ({ query, params }) => ({
    method: "matrixRow",
    scenario: String(params["scenario"]),
    columns: columnsOf(query),
    options: optionsOf(query),
  }));
  get("/caps", ({ query }) => ({ method: "caps", columns: columnsOf(query), options: optionsOf(query) }));
  get("/quirks", ({ query }) => ({ method: "quirks", column: columnOf(query, "on") }));
  get("/diff/:scenario", ({ query, params }) => ({
    method: "diff",
    scenario: String(params["scenario"]),
    columns: columnsOf(query),
    options: optionsOf(query),
  }));
  get("/compare/:scenario", ({ query, params }) => ({
    method: "compare",
    scenario: String(params["scenario"]),
    left: requiredColumnOf(query, "left"),
    right: requiredColumnOf(query, "right"),
    options: optionsOf(query),
  }));
  api.use((request, response) => {
    response.status(404).json({ error: `no such endpoint: ${request.method} ${request.originalUrl}` });
  });
  api.use(sendError);
  return api;
}

const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
  });
  next();
};

/** Bad input is the user's to mend (400), all else is ours (500); either way one line of JSON. */
const sendError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const message = error instanceof Error ? error.message : String(error);
  response.status(statusOf(error)).json({ error: message });
};

function statusOf(error: unknown): number {
  if (error instanceof UsageError) return 400;
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500 ? status : 500;
}
