/*
 * A server that keeps what it computes, for tests that kill it:
 * npx tsx --conditions=@hvdiff/source apps/dashboard/test/serve-kept.ts DIRECTORY PORT [PAGE]
 */
import { createLab } from "@hvdiff/lab";
import { startServer } from "../server/index.ts";

const [dataDirectory = "", port = "0", webDirectory = ""] = process.argv.slice(2);
const server = await startServer({ port: Number(port), lab: createLab(), dataDirectory, webDirectory });
process.stdout.write(`${server.url}\n`);
