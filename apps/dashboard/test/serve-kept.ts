/*
 * A server that keeps what it computes, for tests that kill it. As in the built package runs are computed in a thread of their own:
 * npx tsx --conditions=@hvdiff/source apps/dashboard/test/serve-kept.ts DIRECTORY PORT [PAGE [ANSWERS]]
 * With ANSWERS a run stays in the middle: what the lab answers after so many columns is held back.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createApp, type LabClient } from "../server/index.ts";
import { labFingerprint } from "../server/store/fingerprint.ts";
import { openStore } from "../server/store/store.ts";
import { inWorker, shared } from "../server/worker-client.ts";

const [dataDirectory = "", port = "0", webDirectory = "", most = "Infinity"] = process.argv.slice(2);
const worker = fileURLToPath(new URL("lab-thread.mjs", import.meta.url));
const lab = shared([inWorker(worker), inWorker(worker)]);
let columns = 0;
const client: LabClient = {
  ...lab,
  async call(request, image) {
    const answer = await lab.call(request, image);
    if (request.method === "diff" && ++columns > Number(most)) await new Promise(() => {});
    return answer;
  },
};
const app = createApp(client, { webDirectory, store: openStore(dataDirectory), fingerprint: labFingerprint() });
const server = createServer(app);
server.listen(Number(port), "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
});
