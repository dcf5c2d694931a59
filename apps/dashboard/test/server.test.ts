import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "@hvdiff/lab";
import supertest from "supertest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp, inProcess, startServer } from "../server/index.ts";
import { createFakeLab } from "./fake/fake-lab.ts";

const lab = createFakeLab();
let web: string;

beforeAll(() => {
  web = mkdtempSync(join(tmpdir(), "hvdiff-web-"));
  mkdirSync(join(web, "assets"));
  writeFileSync(join(web, "index.html"), "<!doctype html><title>hvdiff</title>");
  writeFileSync(join(web, "assets", "main-abc123.js"), "export {};");
});

afterAll(() => rmSync(web, { recursive: true }));

test("a server listens on loopback, answers and closes", async () => {
  const server = await startServer({ port: 0, lab, webDirectory: web });
  expect(server.url).toBe(`http://127.0.0.1:${server.port}/`);
  expect((await fetch(new URL("/api/v1/scenarios", server.url))).status).toBe(200);
  await server.close();
  await expect(fetch(server.url)).rejects.toThrow();
});

test("a port in use is one clear line", async () => {
  const first = await startServer({ port: 0, lab });
  const second = startServer({ port: first.port, lab });
  await expect(second).rejects.toThrow(new UsageError(`port ${first.port} on 127.0.0.1 is in use`));
  await first.close();
});

test("the page is asked for again each time, its hashed files are kept", async () => {
  const app = supertest(createApp(inProcess(lab), { webDirectory: web }));
  await app.get("/").expect(200).expect("Cache-Control", "no-cache").expect("Content-Type", /html/);
  await app
    .get("/assets/main-abc123.js")
    .expect(200)
    .expect("Cache-Control", /immutable/);
  await app.get("/assets/gone.js").expect(404);
});

test("nothing outside the page's folder is served", async () => {
  const app = supertest(createApp(inProcess(lab), { webDirectory: join(web, "assets") }));
  await app.get("/../index.html").expect(404);
  await app.get("/%2e%2e/index.html").expect(404);
});

test("the page may load nothing from elsewhere", async () => {
  const { headers } = await supertest(createApp(inProcess(lab), { webDirectory: web })).get("/");
  expect(headers["content-security-policy"]).toContain("default-src 'self'");
  expect(headers["x-powered-by"]).toBeUndefined();
});

test("a page that was not built says how to build it", async () => {
  const { text } = await supertest(createApp(inProcess(lab), { webDirectory: join(web, "nowhere") }))
    .get("/")
    .expect(503);
  expect(text).toContain("build");
});
