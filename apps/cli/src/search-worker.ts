import { parentPort, workerData } from "node:worker_threads";
import type { SearchPart } from "@hvdiff/lab";
import type { TeamReply, TeamSearch } from "./search-team.ts";

const { guest, column, options, engine } = workerData as TeamSearch;
const { createLab } = await import("@hvdiff/lab");
const search = createLab(engine === undefined ? {} : { engine }).searchParts(guest, column, options);

function answer(part: SearchPart): TeamReply {
  try {
    return { result: search(part) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

parentPort!.on("message", (part: SearchPart) => parentPort!.postMessage(answer(part)));
