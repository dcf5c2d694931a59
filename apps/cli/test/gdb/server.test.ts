import { once } from "node:events";
import { createServer } from "node:net";
import type { DebugTarget } from "@hvdiff/lab";
import { beforeEach, expect, test } from "vitest";
import { serveGdb } from "../../src/gdb/gdb-server.ts";
import { framePacket } from "../../src/gdb/packet-reader.ts";
import { Client } from "./client.ts";
import { debugged } from "./target.ts";

/** A guest that is served, and how it ends. */
interface Served {
  readonly port: number;
  readonly ended: Promise<boolean>;
}

let target: DebugTarget;

beforeEach(() => {
  target = debugged("metal");
});

async function serve(stopped: boolean): Promise<Served> {
  let ended: Promise<boolean> | undefined;
  const address = await new Promise<string>((resolve) => {
    ended = serveGdb(target, { port: 0, stopped, onListening: resolve, onProgress: () => {} });
  });
  expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
  return { port: Number(address.split(":")[1]), ended: ended! };
}

test("acknowledges, asks again, and sends again, until it is told not to", async () => {
  const { port, ended } = await serve(true);
  const client = new Client(port);
  client.send("$qC#00");
  expect(await client.expect(/-/)).toBe("-");
  client.send(framePacket("qC"));
  expect(await client.expect(/#../)).toBe(`+${framePacket("QC1")}`);
  client.send("-");
  expect(await client.expect(/#../)).toBe(framePacket("QC1"));
  client.send(`+${framePacket("QStartNoAckMode")}`);
  expect(await client.expect(/#../)).toBe(`+${framePacket("OK")}`);
  client.send(framePacket("qC"));
  expect(await client.expect(/#../)).toBe(framePacket("QC1"));
  client.send(framePacket("k"));
  expect(await ended).toBe(false);
});

test("stops a running guest at once, and lets it go when the wire breaks", async () => {
  const { port, ended } = await serve(true);
  const client = new Client(port);
  client.send(`${framePacket("c")}\u0003`);
  expect(await client.expect(/\$T.*#../)).toMatch(/\+\$T02.*thread:1;#/);
  client.close();
  expect(await ended).toBe(true);
  expect(target.outcome).toMatchObject({ kind: "exit", code: 0 });
});

test("has one GDB at a time", async () => {
  const { port, ended } = await serve(true);
  const first = new Client(port);
  first.send(framePacket("?"));
  await first.expect(/T02/);
  const refused = new Client(port);
  await refused.closed();
  first.send(framePacket("D"));
  await first.expect(/OK/);
  await first.closed();
  expect(await ended).toBe(true);
});

test("without a GDB the guest runs to its end", async () => {
  const { ended } = await serve(false);
  expect(await ended).toBe(true);
  expect(target.serial).toMatch(/done\s*$/);
});

test("a port that is taken is the user's business", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  const served = serveGdb(target, { port, stopped: true, onListening: () => {}, onProgress: () => {} });
  await expect(served).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: EADDRINUSE`);
  other.close();
});
