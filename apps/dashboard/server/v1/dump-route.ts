import express, { type Router } from "express";
import { ApiError } from "../../questions/api-error.ts";
import { columnOf, optionsOf } from "../../questions/request-parameters.ts";
import type { LabClient } from "../lab-client.ts";

/** The longest text that is read: a whole VBox.log. */
const MOST_BYTES = 4 * 0x100000;

/** What a real machine says of itself, beside simulated ones. */
export function addDumpRoute(api: Router, client: LabClient): void {
  api.post(
    "/dumps",
    express.text({ type: "text/plain", limit: MOST_BYTES, inflate: false }),
    async (request, response) => {
      const { body, query } = request;
      if (typeof body !== "string") throw new ApiError(415, "a dump is sent as text/plain");
      const answer = await client.call({
        method: "dump",
        text: body,
        column: columnOf(query, "on"),
        options: optionsOf(query),
      });
      response.type("json").send(answer);
    },
  );
}
