import { existsSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import express, { Router as createRouter, type Router } from "express";

/** Where the build puts the page, seen from the source tree and from `dist/server`. */
export function builtPageDirectory(): string {
  const isSource = import.meta.url.endsWith(".ts");
  return fileURLToPath(new URL(isSource ? "../dist/web" : "../web", import.meta.url));
}

/** The built page. Files in `assets/` have their hash in their name and are kept for ever; everything else is asked for again. */
export function servePage(directory: string): Router {
  const router = createRouter();
  if (!existsSync(join(directory, "index.html"))) {
    router.get("/", (_request, response) => {
      response.status(503).type("text").send("The page is not built. Run: pnpm --filter @hvdiff/dashboard build\n");
    });
    return router;
  }
  const assets = join(directory, "assets") + sep;
  router.use(
    express.static(directory, {
      cacheControl: false,
      setHeaders: (response, path) => {
        const isHashed = path.startsWith(assets);
        response.setHeader("Cache-Control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
      },
    }),
  );
  return router;
}
