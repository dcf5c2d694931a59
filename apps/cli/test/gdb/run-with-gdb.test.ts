import { createLab } from "@hvdiff/lab";
import { expect, test } from "vitest";
import { framePacket } from "../../src/gdb/packet-reader.ts";
import { runForTest } from "../run-for-test.ts";
import { Client } from "./client.ts";

/** Runs a command line whose guest is in GDB's hands as soon as one can connect. */
async function runWith(line: string, gdb: (client: Client) => Promise<void>) {
  let said = "";
  let debugging: Promise<void> | undefined;
  const ran = await runForTest(line.split(" "), {
    createLab: async () => createLab(),
    stderr: (text) => {
      said += text;
      const port = /target remote 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port !== undefined) debugging = gdb(new Client(Number(port)));
    },
  });
  await debugging;
  return { ...ran, stderr: said };
}

test("hvdiff run -S waits for GDB, then prints and ends as it would without", async () => {
  const { code, stdout, stderr } = await runWith("run xsaves-control --on kvm@6.1 --gdb 0 -S", async (client) => {
    client.send(framePacket("c"));
    await client.expect(/\$W00#/);
  });
  expect(stderr).toMatch(/^the guest stands still until GDB connects: target remote .*\nkvm@6\.1.*: exit 0\n$/s);
  const plain = await runForTest(["run", "xsaves-control", "--on", "kvm@6.1"], { createLab: async () => createLab() });
  expect(stdout).toBe(plain.stdout);
  expect(code).toBe(plain.code);
});

test("GDB may kill the guest", async () => {
  const { code, stderr } = await runWith("run xsaves-control --gdb 0 --stopped --format json", async (client) => {
    client.send(framePacket("k"));
    await client.closed();
  });
  expect(code).toBe(124);
  expect(stderr).toMatch(/\nmetal: killed by GDB\n$/);
});

test("without -S the guest does not wait", async () => {
  const { code, stdout } = await runWith("run xsaves-control --gdb 0 --format tap", async (client) => {
    await client.closed();
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^TAP version 13/);
});
