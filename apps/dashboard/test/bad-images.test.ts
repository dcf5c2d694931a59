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
  let state = run;
  for (let tries = 0; tries < 200 && state.status !== "failed" && state.status !== "done"; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    state = (await client.get(`/api/v1/runs/${run.id}`).expect(200)).body;
  }
  expect(state.status).toBe("failed");
  expect(state.error).toMatch(/^bad\.elf: \w/);
  await client.get("/api/v1/columns").expect(200);
});
