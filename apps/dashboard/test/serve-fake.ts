/*
 * The page over made-up results, for working on its looks without waiting for runs:
 * npx tsx --conditions=@hvdiff/source apps/dashboard/test/serve-fake.ts
 */
import { startServer } from "../server/index.ts";
import { buildPage } from "./build-page.ts";
import { createFakeLab } from "./fake/fake-lab.ts";

const server = await startServer({ port: 0, lab: createFakeLab(), webDirectory: await buildPage() });
process.stdout.write(`${server.url}\n`);
