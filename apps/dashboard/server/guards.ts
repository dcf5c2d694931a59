import type { RequestHandler } from "express";
import { ApiError } from "../questions/api-error.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The name in a Host header, without its port. */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}

/**
 * Who talks to a server without a login must mean it: requests whose Host is not this machine's are refused (a name that was made to point here),
 * and so are changes that another site's page asks for.
 * @param names further names that the server goes by; null: any
 */
export function guard(names: readonly string[] | null): RequestHandler {
  return (request, _response, next) => {
    const host = request.headers.host ?? "";
    if (names !== null && !LOOPBACK.has(nameOf(host)) && !names.includes(nameOf(host)))
      throw new ApiError(421, "this server does not go by the name in the Host header");
    const { origin } = request.headers;
    const isReading = request.method === "GET" || request.method === "HEAD";
    if (!isReading && origin !== undefined && origin !== `http://${host}`)
      throw new ApiError(403, "another site's page may not change anything here");
    next();
  };
}
