import { createLab } from "@hvdiff/lab";
import supertest from "supertest";
import { expect, test } from "vitest";
import { createApp, inProcess } from "../server/index.ts";
import { BAD_IMAGES } from "./bad-images-table.ts";

test.each(BAD_IMAGES)("%s is a failed run with a reason, and the server goes on", async (_name, bytes) => {
  const client = supertest(createApp(inProcess(createLab())));
  const upload = client.post("/api/v1/artefacts").set("Content-Type", "application/octet-stream");
  const { body: artefact } = await upload.send(bytes).expect(201);
  const guest = { artefact: artefact.id, name: "bad.elf" };
  const asked = { guest, columns: ["metal"], options: { maxInstructions: 10_000 } };
  const { body: run } = await client.post("/api/v1/runs").send(asked).expect(202);
  const state = async () => (await client.get(`/api/v1/runs/${run.id}`).expect(200)).body;
  await expect.poll(async () => (await state()).status).toMatch(/^(done|failed)$/);
  expect(await state()).toMatchObject({ status: "failed", error: expect.stringMatching(/^bad\.elf: \w/) });
  await client.get("/api/v1/columns").expect(200);
});
