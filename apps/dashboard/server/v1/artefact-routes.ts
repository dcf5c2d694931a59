import express, { type Request, type Router } from "express";
import { ApiError } from "../../questions/api-error.ts";
import { isName } from "../../questions/names.ts";
import { cleanName } from "../runs/run-request.ts";
import { sha256 } from "../store/files.ts";
import type { Store } from "../store/store.ts";

const MIB = 0x100000;
/** The largest image that is taken. */
const MOST_BYTES = 16 * MIB;
const MOST_ARTEFACTS = 200;

/** A name that a path gives. Errors: `ApiError` 400. */
export function nameIn({ params }: Request): string {
  const id = String(params["id"]);
  if (!isName(id)) throw new ApiError(400, "an id is 64 hexadecimal digits");
  return id;
}

/** Uploads: bytes under their own hash. */
export function addArtefactRoutes(api: Router, { artefacts }: Store): void {
  const found = (id: string) => {
    const bytes = artefacts.sizeOf(id);
    if (bytes === null) throw new ApiError(404, `there is no artefact ${id}`);
    return { id, guest: `sha256:${id}`, bytes };
  };
  api.get("/artefacts", (_request, response) => {
    response.json(artefacts.names.map(found));
  });
  api.get("/artefacts/:id", (request, response) => {
    response.json(found(nameIn(request)));
  });
  api.delete("/artefacts/:id", (request, response) => {
    artefacts.remove(found(nameIn(request)).id);
    response.status(204).end();
  });
  api.post(
    "/artefacts",
    express.raw({ type: "application/octet-stream", limit: MOST_BYTES, inflate: false }),
    (request, response) => {
      const { body } = request;
      if (!Buffer.isBuffer(body)) throw new ApiError(415, "an image is uploaded as application/octet-stream");
      if (body.length === 0) throw new ApiError(400, "the image is empty");
      const id = sha256(body);
      if (artefacts.sizeOf(id) === null && artefacts.names.length >= MOST_ARTEFACTS)
        throw new ApiError(429, `${MOST_ARTEFACTS} images are kept already; delete some`);
      artefacts.write(id, body);
      const name = cleanName(String(request.query["name"] ?? "guest"));
      response
        .status(201)
        .location(`/api/v1/artefacts/${id}`)
        .json({ ...found(id), name });
    },
  );
}
