import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Lab, UsageError } from "@hvdiff/lab";
import { createApp } from "./app.ts";
import { inProcess, type LabClient } from "./lab-client.ts";
import { builtPageDirectory } from "./serve-page.ts";
import { labFingerprint } from "./store/fingerprint.ts";
import { openStore, type Store } from "./store/store.ts";
import { defaultClient } from "./worker-client.ts";

export interface ServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Default 127.0.0.1: nobody else on the network can connect. */
  readonly host?: string;
  /** Answers in this thread; without it, hvdiff's own lab answers in a worker thread. */
  readonly lab?: Lab;
  /** The built page; default: where this package's build puts it. */
  readonly webDirectory?: string;
  /** Where results, runs and uploads are kept; without it they last as long as the process. */
  readonly dataDirectory?: string;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "::1"];

/** Serves the dashboard. Rejects with a `UsageError` of one line when the address cannot be listened on. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const host = options.host ?? "127.0.0.1";
  const client = options.lab === undefined ? defaultClient() : inProcess(options.lab);
  const app = createApp(client, {
    webDirectory: options.webDirectory ?? builtPageDirectory(),
    names: LOOPBACK.includes(host) ? [] : null,
    ...(options.dataDirectory === undefined
      ? {}
      : { store: storeIn(options.dataDirectory), fingerprint: labFingerprint() }),
  });
  const server = createServer(app);
  try {
    await listen(server, { host, port: options.port });
  } catch (error) {
    await client.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${name}:${port}/`, port, close: () => closeAll(server, client) };
}

/** Errors: `UsageError` where nothing can be kept. */
function storeIn(directory: string): Store {
  try {
    return openStore(directory);
  } catch (error) {
    throw new UsageError(`${directory}: nothing can be kept here (${error instanceof Error ? error.message : error})`);
  }
}

function listen(server: Server, place: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, place)));
    server.listen(place.port, place.host, () => resolve());
  });
}

function listenError(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} on ${host} is in use`,
    EACCES: `port ${port} on ${host} may not be opened by this user`,
    EADDRNOTAVAIL: `${host} is not an address of this machine`,
    ENOTFOUND: `the host name ${host} is unknown`,
  };
  const reason = reasons[error.code ?? ""];
  return reason === undefined ? error : new UsageError(reason);
}

async function closeAll(server: Server, client: LabClient): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
  await client.close();
}
