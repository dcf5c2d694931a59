import type { CapsResult, CompareResult, DiffResult, Lab, MatrixResult, QuirkResult } from "@hvdiff/lab";
import supertest from "supertest";
import { expect, test } from "vitest";
import { createApp, inProcess } from "../server/index.ts";
import { createFakeLab } from "./fake/fake-lab.ts";

const KVM = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";

function client(lab: Lab = createFakeLab()) {
  return supertest(createApp(inProcess(lab)));
}

test("scenarios are listed with their titles", async () => {
  const { body } = await client().get("/api/v1/scenarios").expect(200).expect("Content-Type", /json/);
  expect(body.map((scenario: { id: string }) => scenario.id)).toContain("xsaves-control");
});

test("columns names the default columns, metal first, and the CPU models", async () => {
  const { body } = await client().get("/api/v1/columns").expect(200);
  expect(body.defaults[0]).toBe("metal");
  expect(body.cpus[0]).toEqual({ id: "skylake-client", title: expect.any(String), source: expect.any(String) });
});

test("the matrix without parameters has the default columns and all scenarios", async () => {
  const { body } = await client().get("/api/v1/matrix").expect(200);
  const matrix = body as MatrixResult;
  expect(matrix.columns).toHaveLength(5);
  expect(matrix.rows.every((row) => row.cells.length === 5)).toBe(true);
});

test("the matrix takes columns and a CPU model", async () => {
  const { body } = await client()
    .get("/api/v1/matrix")
    .query({ on: `metal,${KVM}`, cpu: "nehalem" })
    .expect(200);
  const matrix = body as MatrixResult;
  expect(matrix.cpu).toBe("nehalem");
  expect(matrix.columns.map((column) => column.column)).toEqual(["metal", KVM]);
});

test("a scenario's row alone is the row of the whole matrix", async () => {
  const api = client();
  const whole = (await api.get("/api/v1/matrix").expect(200)).body as MatrixResult;
  const part = (await api.get("/api/v1/matrix/xsaves-control").expect(200)).body as MatrixResult;
  const row = whole.rows.find(({ scenario }) => scenario.id === "xsaves-control");
  const withoutSignatures = (cells: readonly object[] = []) => cells.map((cell) => ({ ...cell, signature: "" }));
  expect(part.columns).toEqual(whole.columns);
  expect(withoutSignatures(part.rows[0]?.cells)).toEqual(withoutSignatures(row?.cells));
  const [metal, ideal, kvm] = part.rows[0]?.cells.map((cell) => cell.signature) ?? [];
  expect(ideal).toBe(metal);
  expect(kvm).not.toBe(metal);
});

test("a plus sign that was not escaped still names the column", async () => {
  const { body } = await client().get(`/api/v1/diff/xsaves-control?on=metal,${KVM}`).expect(200);
  expect((body as DiffResult).columns[1]?.column).toBe(KVM);
});

test("columns given twice, or in two parameters, are one list", async () => {
  const { body } = await client().get("/api/v1/matrix?on=metal,ideal&on=ideal,vmware@17").expect(200);
  expect((body as MatrixResult).columns.map((column) => column.column)).toEqual(["metal", "ideal", "vmware@17"]);
});

test("a comparison has both traces' rows and the causes", async () => {
  const { body } = await client()
    .get("/api/v1/compare/xsaves-control")
    .query({ left: "metal", right: KVM })
    .expect(200);
  const compare = body as CompareResult;
  expect(compare.rows.length).toBeGreaterThan(100);
  expect(compare.right.differences[0]?.cause.kind).toBe("quirks");
});

test("quirks given by hand reach the lab with their signs", async () => {
  const seen: unknown[] = [];
  const fake = createFakeLab();
  const lab: Lab = {
    ...fake,
    diff: (guest, columns, options) => {
      seen.push(options);
      return fake.diff(guest, columns, options);
    },
  };
  await client(lab).get("/api/v1/diff/xsaves-control?quirks=+kvm/a,-qemu/b&cpu=nehalem").expect(200);
  expect(seen).toEqual([{ cpu: "nehalem", quirks: ["+kvm/a", "-qemu/b"] }]);
});

test("capabilities and quirks answer for the columns asked for", async () => {
  const api = client();
  const caps = (await api.get("/api/v1/caps?on=metal,virtualbox@7.0").expect(200)).body as CapsResult;
  expect(caps.columns.map((column) => column.column)).toEqual(["metal", "virtualbox@7.0"]);
  const quirks = (await api.get("/api/v1/quirks?on=virtualbox@7.0").expect(200)).body as QuirkResult[];
  expect(quirks.every((quirk) => quirk.product === "virtualbox")).toBe(true);
});

test.each([
  ["/api/v1/matrix?on=metal,foo@1", /unknown personality “foo”/],
  ["/api/v1/matrix?cpu=z80", /unknown CPU model “z80”/],
  ["/api/v1/matrix/no-such-scenario", /unknown scenario “no-such-scenario”/],
  ["/api/v1/diff/no-such-scenario", /unknown scenario “no-such-scenario”/],
  ["/api/v1/compare/xsaves-control?left=metal", /“right” is missing/],
  ["/api/v1/compare/xsaves-control?left=metal,ideal&right=ideal", /“left” takes one column/],
  [`/api/v1/matrix?on=${Array.from({ length: 33 }, (_, index) => `kvm@6.${index}`).join(",")}`, /at most 32 columns/],
  ["/api/v1/diff/%ff", /decode/i],
])("%s is answered with 400 and a reason", async (path, reason) => {
  const { body } = await client().get(path).expect(400).expect("Content-Type", /json/);
  expect(body.error).toMatch(reason);
});

test("an error of ours is 500, and is not remembered", async () => {
  const fake = createFakeLab();
  let calls = 0;
  const lab: Lab = {
    ...fake,
    scenarios: () => {
      calls += 1;
      if (calls === 1) throw new Error("a bug");
      return fake.scenarios();
    },
  };
  const api = client(lab);
  expect((await api.get("/api/v1/scenarios").expect(500)).body).toEqual({ error: "a bug" });
  await api.get("/api/v1/scenarios").expect(200);
});

test("the same question is computed once", async () => {
  const fake = createFakeLab();
  let calls = 0;
  const lab: Lab = {
    ...fake,
    matrix: (columns, options) => {
      calls += 1;
      return fake.matrix(columns, options);
    },
  };
  const api = client(lab);
  await api.get("/api/v1/matrix?on=metal,ideal").expect(200);
  await api.get("/api/v1/matrix?on=metal,ideal").expect(200);
  await api.get("/api/v1/matrix?on=ideal,metal").expect(200);
  expect(calls).toBe(2);
});

test("an answer that the browser has already is not sent again", async () => {
  const api = client();
  const { headers } = await api.get("/api/v1/matrix").expect(200).expect("Cache-Control", "no-cache");
  await api.get("/api/v1/matrix").set("If-None-Match", String(headers["etag"])).expect(304);
});

test("unknown endpoints are 404, and methods 405, in JSON", async () => {
  const api = client();
  expect((await api.get("/api/v1/nothing").expect(404)).body.error).toBe("no such endpoint: GET /api/v1/nothing");
  const { body } = await api.post("/api/v1/matrix").expect(405).expect("Allow", "GET");
  expect(body.error).toBe("POST is not possible here; GET is");
});
