import { Engine, STATE } from "@hvdiff/cpu";
import { expect, test } from "vitest";
import { createRoot, enableEpt, PLACE } from "../../test/fixtures.ts";

const TARGET = 0x60000;
const HOST_RSP = 0x55550n;
const RSP = STATE.GPR + 8;
const CODE_32 = 0xc09b;

function runGuest(code: readonly number[], prepare: (mode: { compatibility(): void; noStackWrites(): void }) => void) {
  const { c, v, vmx } = createRoot();
  const map = enableEpt(c, v);
  for (let page = 0; page < 0x60; page++) map(page * 0x1000, page * 0x1000, 7);
  v.write("hostRsp", HOST_RSP);
  prepare({
    compatibility: () => v.write("guestCsAccessRights", BigInt(CODE_32)),
    noStackWrites: () => map(PLACE.stack - 0x1000, PLACE.stack - 0x1000, 5),
  });
  c.s[STATE.GPR + 10] = PLACE.stack + 0x20;
  c.memory.writeBytes(PLACE.guestCode, Uint8Array.from(code));
  expect(vmx.vmlaunch()).toEqual({ kind: "enter" });
  const engine = new Engine(c);
  engine.rootClient = true;
  expect(engine.run(c.retired + 10)).toBe("root");
  return { c, v };
}

test.each([
  ["POP into memory", [0x8f, 0x04, 0x25, 0, 0, 6, 0], () => {}],
  ["POP into memory, 32 bits", [0x8f, 0x05, 0, 0, 6, 0], (m: { compatibility(): void }) => m.compatibility()],
  ["ENTER with a level", [0xc8, 0, 0, 4], (m: { noStackWrites(): void }) => m.noStackWrites()],
] as const)(
  "an EPT violation in %s saves the guest's RSP as it was and leaves the host's alone",
  (_, code, prepare) => {
    const { c, v } = runGuest(code, prepare);
    expect(v.read("exitReason")).toBe(48n);
    expect([BigInt(TARGET), BigInt(PLACE.stack - 8)]).toContain(v.read("guestPhysicalAddress"));
    expect(v.read("guestRsp")).toBe(BigInt(PLACE.stack));
    expect(v.read("guestRip")).toBe(BigInt(PLACE.guestCode));
    expect(c.get64(RSP)).toBe(HOST_RSP);
  },
);
