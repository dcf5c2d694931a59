import { ApiError } from "./api-error.ts";
import { ENDPOINTS } from "./endpoints.ts";
import type { LabRequest } from "./lab-request.ts";
import type { Query } from "./request-parameters.ts";

const PREFIX = "api/v1";

const ROUTES = ENDPOINTS.map((endpoint) => ({
  pattern: new RegExp(`^${endpoint.path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
  endpoint,
}));

function queryOf(parameters: URLSearchParams): Query {
  const names = [...new Set(parameters.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = parameters.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}

/** The question that an address of the API asks, where there is no server to route it. Errors: `ApiError` 404. */
export function requestAt(address: string): LabRequest {
  const [path = "", query = ""] = address.slice(PREFIX.length).split("?");
  for (const { pattern, endpoint } of ROUTES) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)]),
    );
    return endpoint.toRequest({ params, query: queryOf(new URLSearchParams(query)) });
  }
  throw new ApiError(404, `a saved page does not know ${address.slice(0, 200)}`);
}
