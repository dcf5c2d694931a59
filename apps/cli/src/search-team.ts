import { existsSync } from "node:fs";
import { setTimeout as after, setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type {
  EngineChoice,
  ExploreOptions,
  Guest,
  PartResult,
  SearchHelper,
  SearchHelpers,
  SearchPart,
} from "@hvdiff/lab";

/** A search that several threads do together. */
export interface TeamSearch {
  readonly guest: Guest;
  readonly column: string;
  readonly options: ExploreOptions;
  readonly engine: EngineChoice | undefined;
}

/** Threads that help, until they are let go. */
export interface SearchTeam extends SearchHelpers {
  end(): Promise<void>;
}

/** What a thread answers: a part, or why it could not be searched. */
export type TeamReply = { readonly result: PartResult } | { readonly error: string };

/** A search that is over by then is not worth a thread. */
const ALONE_MILLISECONDS = 700;

class Helper implements SearchHelper {
  readonly ready = after(ALONE_MILLISECONDS, undefined, { ref: false });
  private worker: Worker | null = null;
  private readonly path: string;
  private readonly asked: TeamSearch;

  constructor(path: string, asked: TeamSearch) {
    this.path = path;
    this.asked = asked;
  }

  search(part: SearchPart): Promise<PartResult> {
    this.worker ??= new Worker(this.path, { workerData: this.asked });
    const { worker } = this;
    return new Promise((resolve, reject) => {
      worker.once("message", (reply: TeamReply) => {
        worker.off("error", reject);
        if ("result" in reply) resolve(reply.result);
        else reject(new Error(reply.error));
      });
      worker.once("error", reject);
      worker.postMessage(part);
    });
  }

  async end(): Promise<void> {
    await this.worker?.terminate();
  }
}

/** Starts threads beside this one, where the command is built; the source as it is searches alone. */
export function startSearchTeam(search: TeamSearch, threads: number): SearchTeam {
  const path = fileURLToPath(new URL("./search-worker.js", import.meta.url));
  const helpers = existsSync(path) ? Array.from({ length: threads }, () => new Helper(path, search)) : [];
  return {
    others: helpers,
    pause: () => nextTurn(),
    end: async () => {
      await Promise.all(helpers.map((helper) => helper.end()));
    },
  };
}
