import { VERSION } from "@hvdiff/lab";
import { ENDPOINTS, type Parameter } from "../../questions/endpoints.ts";

/** What an operation of the API is, for the document. */
export interface Operation {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly summary: string;
  readonly answer: string;
  readonly status: number;
  readonly contentType?: string;
  readonly body?: string;
  readonly parameters: readonly Parameter[];
}

const ID: Parameter = { name: "id", in: "path", summary: "64 hexadecimal digits", required: true };

/** What there is beside the lab's answers: uploads and runs. */
const OWN_OPERATIONS: readonly Operation[] = [
  { method: "get", path: "/openapi.json", summary: "This document", answer: "OpenAPI", status: 200, parameters: [] },
  {
    method: "post",
    path: "/dumps",
    summary: "Read what a real machine says of itself: vmxcap, MSRs, VBox.log, QEMU's -cpu, cpuid -r",
    answer: "DumpResult",
    status: 200,
    body: "text/plain",
    parameters: [
      { name: "on", in: "query", summary: "the column to compare with; default: the nearest" },
      { name: "cpu", in: "query", summary: "the silicon of that column" },
    ],
  },
  { method: "get", path: "/artefacts", summary: "Uploaded images", answer: "Artefact[]", status: 200, parameters: [] },
  {
    method: "post",
    path: "/artefacts",
    summary: "Upload an image: ELF, multiboot, PVH, bzImage or flat",
    answer: "Artefact",
    status: 201,
    body: "application/octet-stream",
    parameters: [],
  },
  {
    method: "get",
    path: "/artefacts/{id}",
    summary: "One uploaded image",
    answer: "Artefact",
    status: 200,
    parameters: [ID],
  },
  {
    method: "delete",
    path: "/artefacts/{id}",
    summary: "Forget an image",
    answer: "nothing",
    status: 204,
    parameters: [ID],
  },
  { method: "get", path: "/runs", summary: "Runs, oldest first", answer: "RunState[]", status: 200, parameters: [] },
  {
    method: "post",
    path: "/runs",
    summary: "Run a guest on columns; the same request is the same run",
    answer: "RunState",
    status: 202,
    body: "application/json",
    parameters: [],
  },
  { method: "get", path: "/runs/{id}", summary: "How far a run is", answer: "RunState", status: 200, parameters: [ID] },
  {
    method: "get",
    path: "/runs/{id}/result",
    summary: "What came of a run",
    answer: "DiffResult",
    status: 200,
    parameters: [ID],
  },
  {
    method: "get",
    path: "/runs/{id}/events",
    summary: "A run's progress, as server-sent events with a RunState each",
    answer: "RunState",
    status: 200,
    contentType: "text/event-stream",
    parameters: [ID],
  },
];

/** Every operation there is. */
export const OPERATIONS: readonly Operation[] = [
  ...ENDPOINTS.map(
    ({ path, summary, answer, parameters }): Operation => ({
      method: "get",
      path,
      summary,
      answer,
      status: 200,
      parameters,
    }),
  ),
  ...OWN_OPERATIONS,
];

/** The OpenAPI document of the API. */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "hvdiff",
      version: VERSION,
      description:
        "Where hypervisors differ from silicon for the same guest, and why. Result types are those of the package @hvdiff/lab, which has them as TypeScript.",
    },
    servers: [{ url: "/api/v1" }],
    paths,
    components: { schemas: { Error: ERROR_SCHEMA }, responses: { Error: errorResponse() } },
  };
}

const ERROR_SCHEMA = { type: "object", required: ["error"], properties: { error: { type: "string" } } };

function errorResponse(): object {
  return {
    description: "Why not, in one line",
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
  };
}

function operationObject({ summary, parameters, answer, status, contentType, body }: Operation): object {
  const type = contentType ?? "application/json";
  const content = status === 204 ? {} : { content: { [type]: { schema: { title: answer } } } };
  return {
    summary,
    parameters: parameters.map(({ name, in: place, summary: description, required = false }) => ({
      name,
      in: place,
      description,
      required,
      schema: { type: "string" },
    })),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { [body]: {} } } }),
    responses: { [status]: { description: answer, ...content }, "4XX": { $ref: "#/components/responses/Error" } },
  };
}
