import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import { withCache } from "./answer-cache.ts";
import { guard } from "./guards.ts";
import type { LabClient } from "./lab-client.ts";
import { createRunQueue } from "./runs/run-queue.ts";
import { servePage } from "./serve-page.ts";
import { statusOf } from "./status-of.ts";
import { withStore } from "./store/kept-answers.ts";
import { memoryStore, type Store } from "./store/store.ts";
import { createApi } from "./v1/api.ts";

/** Nothing is loaded from elsewhere, and nobody frames the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export interface AppOptions {
  /** The built page; without it there is only the API. */
  readonly webDirectory?: string | undefined;
  /** What is kept; default: in memory. */
  readonly store?: Store;
  /** Under what answers are kept: another lab's are another's. */
  readonly fingerprint?: string;
  /** Names the server goes by beside the loopback ones; null: any. */
  readonly names?: readonly string[] | null;
}

/** The whole application: the API under `/api/v1`, and the built page. */
export function createApp(client: LabClient, options: AppOptions = {}): Express {
  const { webDirectory, store = memoryStore(), fingerprint = "" } = options;
  const kept = withCache(withStore(client, store, fingerprint));
  const app = express();
  app.disable("x-powered-by");
  app.use(securityHeaders);
  app.use(guard(options.names === undefined ? [] : options.names));
  app.use("/api/v1", createApi({ client: kept, store, queue: createRunQueue(kept, store, fingerprint) }));
  if (webDirectory !== undefined) app.use(servePage(webDirectory));
  app.use((_request, response) => {
    response.status(404).type("text").send("not found\n");
  });
  app.use(sendText);
  return app;
}

const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
  });
  next();
};

/** Errors outside of the API: one line of text, and nothing of our insides. */
const sendText: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const status = statusOf(error);
  const message = status < 500 && error instanceof Error ? error.message : "something went wrong here";
  response.status(status).type("text").send(`${message}\n`);
};
