import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DiffResult, Lab, MatrixResult } from "@hvdiff/lab";
import supertest from "supertest";
import { afterEach, expect, test } from "vitest";
import { createApp, inProcess, type LabClient, startServer } from "../server/index.ts";
import type { RunState } from "../server/runs/run-state.ts";
import { openStore } from "../server/store/store.ts";
import { createFakeLab } from "./fake/fake-lab.ts";

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "hvdiff-data-"));
  folders.push(made);
  return made;
}

/** A lab that takes any image for the scenario `xsaves-control`. */
function labForUploads(): Lab {
  const fake = createFakeLab();
  const bundled = (guest: Parameters<Lab["diff"]>[0]) => ("image" in guest ? { scenario: "xsaves-control" } : guest);
  return {
    ...fake,
    diff: (guest, columns, options) => fake.diff(bundled(guest), columns, options),
    compare: (guest, left, right, options) => fake.compare(bundled(guest), left, right, options),
  };
}

function api(lab: Lab = labForUploads(), directory: string | null = null) {
  return supertest(createApp(inProcess(lab), directory === null ? {} : { store: openStore(directory) }));
}

async function finished(client: ReturnType<typeof api>, id: string): Promise<RunState> {
  const state = async () => (await client.get(`/api/v1/runs/${id}`).expect(200)).body as RunState;
  await expect.poll(async () => (await state()).status).toMatch(/^(done|failed)$/);
  return state();
}

test("every operation of the OpenAPI document is there, and no other method", async () => {
  const client = api();
  const { body } = await client.get("/api/v1/openapi.json").expect(200);
  expect(body.openapi).toBe("3.1.0");
  expect(Object.keys(body.paths).length).toBeGreaterThan(12);
  for (const [path, operations] of Object.entries(body.paths as Record<string, object>)) {
    const address = `/api/v1${path.replaceAll(/\{\w+\}/g, "x")}`;
    for (const method of ["get", "post", "put", "delete"] as const) {
      const { status, body: said } = await client[method](address);
      expect(status, `${method} ${path}`).toBeLessThan(500);
      if (!(method in operations)) expect(status, `${method} ${path}`).toBe(405);
      else expect(said.error ?? "").not.toMatch(/no such endpoint/);
    }
  }
});

test("the matrix takes a query, and says where it is wrong", async () => {
  const client = api();
  const { body } = await client.get("/api/v1/matrix").query({ q: "virtualbox:unexplained" }).expect(200);
  expect((body as MatrixResult).rows.map(({ scenario }) => scenario.id)).toEqual(["capabilities"]);
  const wrong = await client.get("/api/v1/matrix").query({ q: "is:x" }).expect(400);
  expect(wrong.body.error).toMatch(/at character 4/);
});

test("an image is uploaded, run, compared and forgotten", async () => {
  const client = api();
  const upload = client
    .post("/api/v1/artefacts?name=../my%20guest.elf")
    .set("Content-Type", "application/octet-stream");
  const { body: artefact } = await upload.send(Buffer.from([0x7f, 0x45, 0x4c, 0x46])).expect(201);
  expect(artefact).toMatchObject({ bytes: 4, name: "my guest.elf", guest: `sha256:${artefact.id}` });
  const guest = { artefact: artefact.id, name: artefact.name };
  const asked = await client
    .post("/api/v1/runs")
    .send({ guest, columns: ["metal", KVM, "ideal"] })
    .expect(202);
  expect(await finished(client, asked.body.id)).toMatchObject({ status: "done", done: 3, total: 3 });
  const result = (await client.get(`/api/v1/runs/${asked.body.id}/result`).expect(200)).body as DiffResult;
  expect(result.columns.map(({ column, differences }) => [column, differences.length])).toEqual([
    ["metal", 0],
    [KVM, 3],
    ["ideal", 0],
  ]);
  const compare = client.get(`/api/v1/compare/${artefact.guest}`).query({ left: "metal", right: KVM });
  expect((await compare.expect(200)).body.right.column).toBe(KVM);
  await client.delete(`/api/v1/artefacts/${artefact.id}`).expect(204);
  await client.get(`/api/v1/artefacts/${artefact.id}`).expect(404);
});

test("a run's progress is told as it goes", async () => {
  const server = await startServer({ port: 0, lab: labForUploads() });
  const address = (path: string) => new URL(`api/v1/${path}`, server.url);
  const body = JSON.stringify({ guest: { scenario: "xsaves-control" }, columns: ["metal", KVM] });
  const headers = { "Content-Type": "application/json" };
  const { id } = (await (await fetch(address("runs"), { method: "POST", headers, body })).json()) as RunState;
  const events = await (await fetch(address(`runs/${id}/events`))).text();
  expect(events).toMatch(/event: done\ndata: \{.*"done":2,"total":2/);
  await server.close();
});

test("a guest that cannot be run is a failed run with its reason", async () => {
  const client = api();
  const { body } = await client
    .post("/api/v1/runs")
    .send({ guest: { scenario: "nowhere" } })
    .expect(202);
  expect(await finished(client, body.id)).toMatchObject({ status: "failed", error: "unknown scenario “nowhere”" });
  expect((await client.get(`/api/v1/runs/${body.id}/result`).expect(404)).body.error).toMatch(/unknown scenario/);
});

test("results, uploads and unfinished runs survive the end of the server", async () => {
  const directory = folder();
  const fake = labForUploads();
  const never: LabClient = {
    call: (request) =>
      request.method === "diff" && request.columns?.includes(KVM)
        ? new Promise(() => {})
        : inProcess(fake).call(request, Buffer.from("x")),
    close: async () => {},
  };
  const first = supertest(createApp(never, { store: openStore(directory) }));
  const upload = first.post("/api/v1/artefacts").set("Content-Type", "application/octet-stream");
  const { body: artefact } = await upload.send(Buffer.from("image")).expect(201);
  const columns = ["metal", "ideal", KVM];
  const asked = await first
    .post("/api/v1/runs")
    .send({ guest: { artefact: artefact.id }, columns })
    .expect(202);
  await first.get("/api/v1/caps?on=metal").expect(200);
  writeFileSync(join(directory, "answers", "half-written.tmp"), "{");

  let computed = 0;
  const counting: Lab = {
    ...fake,
    caps: (...given) => {
      computed += 1;
      return fake.caps(...given);
    },
  };
  const second = api(counting, directory);
  expect(await finished(second, asked.body.id)).toMatchObject({ status: "done", done: 3 });
  await second.get("/api/v1/caps?on=metal").expect(200);
  expect(computed).toBe(0);
  expect((await second.get("/api/v1/artefacts").expect(200)).body).toHaveLength(1);
  expect(readdirSync(join(directory, "answers")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test.each([
  ["get", "/api/v1/artefacts/../../../etc/passwd", 404],
  ["get", "/api/v1/artefacts/..%2f..%2fetc%2fpasswd", 400],
  ["get", "/api/v1/artefacts/%00", 400],
  ["get", `/api/v1/artefacts/${"0".repeat(64)}`, 404],
  ["get", "/api/v1/diff/sha256:../../x", 404],
  ["get", "/api/v1/diff/sha256:zz", 400],
  ["get", "/api/v1/runs/x/events", 400],
  ["get", "/api/v1/diff/%E0%A4", 400],
  ["patch", "/api/v1/runs", 405],
  ["delete", "/api/v1/runs/x", 405],
] as const)("%s %s is refused with %i and a reason", async (method, path, status) => {
  const { body } = await api()[method](path).expect(status).expect("Content-Type", /json/);
  expect(body.error).toMatch(/\w/);
});

test.each([
  ["{", "application/json", 400],
  ["[]", "application/json", 400],
  ["null", "application/json", 400],
  ['{"guest":1}', "application/json", 400],
  ['{"guest":{"artefact":"../x"}}', "application/json", 400],
  ['{"guest":{"scenario":"a"},"columns":[]}', "application/json", 400],
  ['{"guest":{"scenario":"a"},"columns":[1]}', "application/json", 400],
  ['{"guest":{"scenario":"a"},"options":{"memory":-1}}', "application/json", 400],
  ['{"guest":{"scenario":"a"},"options":{"__proto__x":1}}', "application/json", 400],
  ['{"guest":{"scenario":"a"},"options":{"boot":{"mode":17}}}', "application/json", 400],
  ['{"guest":{"scenario":"a"},"more":1}', "application/json", 400],
  ["guest=a", "text/plain", 415],
  [`{"guest":{"scenario":"${"a".repeat(70_000)}"}}`, "application/json", 413],
])("a run asked for as %.60s (%s) is refused with %i", async (body, type, status) => {
  const answer = await api().post("/api/v1/runs").set("Content-Type", type).send(body).expect(status);
  expect(answer.body.error).toMatch(/\w/);
});

test("uploads that are empty, too large, compressed or of another type are refused", async () => {
  const client = api();
  const post = (type: string) => client.post("/api/v1/artefacts").set("Content-Type", type);
  await post("application/octet-stream").send(Buffer.alloc(0)).expect(400);
  await post("application/octet-stream")
    .send(Buffer.alloc(17 * 0x100000))
    .expect(413);
  await post("application/octet-stream").set("Content-Encoding", "gzip").send(Buffer.from("x")).expect(415);
  await post("text/plain").send("x").expect(415);
});

test("a name made to point here, and another site's page, change nothing", async () => {
  const client = api();
  await client.get("/api/v1/scenarios").set("Host", "evil.example").expect(421);
  await client.get("/api/v1/scenarios").set("Host", "localhost:4870").expect(200);
  const run = client.post("/api/v1/runs").set("Origin", "http://evil.example");
  await run.send({ guest: { scenario: "xsaves-control" } }).expect(403);
});

test("a thousand malformed requests leave the server answering", async () => {
  const client = api();
  let state = 99;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const pieces = [
    "api",
    "v1",
    "runs",
    "artefacts",
    "matrix",
    "diff",
    "..",
    "%2e%2e",
    "%00",
    "%ff",
    "x".repeat(300),
    "sha256:",
    "caps",
    "?on=",
    "?q=(",
    "&cpu=",
    "{}",
    "openapi.json",
  ];
  for (let round = 0; round < 1000; round += 1) {
    const path = `/api/v1/${Array.from({ length: random(5) }, () => pieces[random(pieces.length)]).join("/")}`;
    const method = (["get", "post", "put", "delete", "head"] as const)[random(5)]!;
    const { status } = await client[method](path).set("Content-Type", random(2) === 0 ? "application/json" : "x/y");
    expect(status, `${method} ${path}`).toBeLessThan(500);
  }
  await client.get("/api/v1/scenarios").expect(200);
});
