/*
 * What the API bears: 50 clients reading while two runs compute, and 10,000 requests made by chance. The server is a process of its own, so that its
 * readers do not hold it up; each client keeps one connection, as browsers do.
 * npx tsx --conditions=@hvdiff/source apps/dashboard/bench/load.ts [reads|fuzz]
 */
import { fork } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { Agent, createServer, type RequestOptions, request } from "node:http";
import type { AddressInfo } from "node:net";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { createApp, inProcess, type LabClient } from "../server/index.ts";
import { inWorker, shared } from "../server/worker-client.ts";
import { createFakeLab } from "../test/fake/fake-lab.ts";

const CLIENTS = 50;
const READS = 60;
const FUZZED = 10_000;
const SEED = 20_261_121;
const READ_PATHS = [
  "scenarios",
  "columns",
  "quirks",
  "caps?on=metal,ideal",
  "matrix/xsaves-control?on=metal,ideal",
  "runs",
];

/** The worker as one script: a thread does not take TypeScript. */
async function builtWorker(): Promise<string> {
  const entry = fileURLToPath(new URL("../server/lab-worker.ts", import.meta.url));
  const outDir = mkdtempSync(join(tmpdir(), "hvdiff-load-"));
  await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@hvdiff/source"] },
    ssr: { noExternal: true, resolve: { conditions: ["@hvdiff/source"] } },
    build: { ssr: entry, outDir, minify: false, rolldownOptions: { output: { entryFileNames: "lab-worker.mjs" } } },
  });
  return join(outDir, "lab-worker.mjs");
}

/** Serves until the parent goes. */
async function serve(what: string): Promise<void> {
  // The fuzz asks for everything there is: over made-up results, so that no run holds it up.
  const path = what === "fuzz" ? null : await builtWorker();
  const client: LabClient =
    path === null ? inProcess(createFakeLab()) : shared([inWorker(path), inWorker(path), inWorker(path)]);
  const server = createServer(createApp(client));
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
  process.once("disconnect", () => process.exit(0));
}

const [role = "reads", what = role] = process.argv.slice(2);
if (role === "serve") await serve(what);
const server = role === "serve" ? null : fork(fileURLToPath(import.meta.url), ["serve", what]);
const port = await new Promise<number>((resolve) => server?.once("message", resolve));

/** Status and body of a request, however odd. */
function ask(options: RequestOptions, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    // By itself a connection of its own: the server ends one whose body it has refused to read.
    const asked = request({ host: "127.0.0.1", port, agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece) => {
        text += piece;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    // A body that is refused before it has been read ends the connection.
    asked.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET" || error.code === "EPIPE") resolve({ status: 0, text: "" });
      else reject(error);
    });
    asked.end(body);
  });
}

async function run(scenario: string): Promise<string> {
  const body = JSON.stringify({ guest: { scenario } });
  const headers = { "content-type": "application/json" };
  return JSON.parse((await ask({ path: "/api/v1/runs", method: "POST", headers }, body)).text).id;
}

async function readers(): Promise<void> {
  for (const read of READ_PATHS) await ask({ path: `/api/v1/${read}` });
  const runs = await Promise.all(["ept-walk", "entry-checks"].map(run));
  const times: number[] = [];
  let errors = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, number) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let read = 0; read < READS; read++) {
        const start = performance.now();
        const { status } = await ask({ agent, path: `/api/v1/${READ_PATHS[(number + read) % READ_PATHS.length]}` });
        times.push(performance.now() - start);
        if (status !== 200) errors += 1;
        await new Promise((resolve) => setTimeout(resolve, 20 + ((number * 7 + read * 13) % 60)));
      }
    }),
  );
  const states = await Promise.all(
    runs.map(async (id) => JSON.parse((await ask({ path: `/api/v1/runs/${id}` })).text).status),
  );
  times.sort((one, other) => one - other);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(part * times.length))]?.toFixed(1);
  console.log(
    `reads ${times.length}, errors ${errors}, median ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms; runs ${states}; load ${loadavg()[0]?.toFixed(1)}`,
  );
}

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

const PIECES = [
  "runs",
  "artefacts",
  "matrix",
  "diff",
  "walk",
  "structures",
  "schedules",
  "..",
  "%2e%2e",
  "%00",
  "%ff",
  "x".repeat(300),
  "sha256:",
  "caps",
];
const QUERIES = [
  "",
  "?on=",
  "?q=(",
  "?cpu=%00",
  "?on=metal&on=ideal",
  "?schedule=signal@",
  "?event=-1&on=ideal",
  "?bound=99&on=ideal",
  "?left=a&right=b",
];
const BODIES = [
  "",
  "{",
  "[]",
  "{}",
  '{"guest":1}',
  `{"a":"${"x".repeat(200_000)}"}`,
  "\u0000",
  "null",
  '{"__proto__":{"x":1}}',
];
const TYPES = ["application/json", "text/plain", "application/octet-stream", "x/y", "application/json; charset=utf-7"];
const HOSTS = [undefined, undefined, undefined, "evil.example", "localhost:1", ""];

async function fuzz(): Promise<void> {
  const next = random(SEED);
  const counts = new Map<number, number>();
  let bad = 0;
  for (let round = 0; round < FUZZED; round++) {
    const parts = Array.from({ length: next(4) }, () => PIECES[next(PIECES.length)]);
    const target = `/api/v1/${parts.join("/")}${QUERIES[next(QUERIES.length)]}`;
    const method = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"][next(7)] ?? "GET";
    const host = HOSTS[next(HOSTS.length)];
    const headers: Record<string, string> = { "content-type": TYPES[next(TYPES.length)] ?? "x/y" };
    if (host !== undefined) headers["host"] = host;
    if (next(9) === 0) headers["origin"] = "http://evil.example";
    if (next(9) === 0) headers["content-encoding"] = "gzip";
    const { status } = await ask(
      { path: target, method, headers },
      method === "GET" || method === "HEAD" ? undefined : BODIES[next(BODIES.length)],
    );
    counts.set(status, (counts.get(status) ?? 0) + 1);
    if (status >= 500) {
      bad += 1;
      console.log(`${status} ${method} ${target.slice(0, 120)}`);
    }
  }
  const { status } = await ask({ path: "/api/v1/columns" });
  console.log(
    `fuzz ${FUZZED} of seed ${SEED}: ${[...counts]
      .sort()
      .map((entry) => entry.join(" x "))
      .join(", ")}; 5xx ${bad}; afterwards ${status}`,
  );
}

if (role === "fuzz") await fuzz();
else await readers();
server?.disconnect();
