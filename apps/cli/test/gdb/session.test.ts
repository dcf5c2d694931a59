import { createLab, type DebugTarget } from "@hvdiff/lab";
import { beforeEach, describe, expect, test } from "vitest";
import { GdbSession } from "../../src/gdb/gdb-session.ts";
import { endMessage } from "../../src/gdb/stop-reply.ts";
import { debugged, L2_READS, runOn, WINDOW } from "./target.ts";

let target: DebugTarget;
let session: GdbSession;

beforeEach(() => {
  target = debugged("metal");
  target.attach();
  session = new GdbSession(target, target.interrupt());
});

function reply(packet: string): string | null {
  return session.handle(packet).reply;
}

/** Sends a packet that lets the guest go, and gives what GDB is told of the next stop. */
function resumeBy(packet: string): string {
  const { resume } = session.handle(packet);
  if (resume?.kind !== "run") throw new Error(`${packet} does not let the guest go`);
  target.resume(resume.stepping);
  return session.stopped(runOn(target));
}

function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}

function text(reply: string | null): string {
  return Buffer.from(reply ?? "", "hex").toString();
}

function breakInL2(): string {
  reply(`Z0,${L2_READS.toString(16)},1`);
  return resumeBy("vCont;c");
}

describe("what every stub must answer", () => {
  test.each([
    ["vMustReplyEmpty", ""],
    ["unknown", ""],
    ["", ""],
    ["qUnknown:1", ""],
    ["!", ""],
    ["qSupported:multiprocess+;swbreak+", /^PacketSize=4000;.*qXfer:features:read\+;qXfer:threads:read\+.*swbreak\+/],
    ["QStartNoAckMode", "OK"],
    ["vCont?", "vCont;c;C;s;S"],
    ["qC", "QC1"],
    ["qAttached", "1"],
    ["qfThreadInfo", "m1"],
    ["qsThreadInfo", "l"],
    ["qSymbol::", "OK"],
    ["T1", "OK"],
    ["T2", "E01"],
    ["Hg1", "OK"],
    ["Hg0", "OK"],
    ["Hc-1", "OK"],
    ["Hg9", "E01"],
    ["Hx1", ""],
  ])("%s", (packet, expected) => {
    if (typeof expected === "string") expect(reply(packet)).toBe(expected);
    else expect(reply(packet)).toMatch(expected);
  });

  test("a processor that stands at its first instruction was stopped by the user", () => {
    expect(reply("?")).toMatch(/^T02.*10:7713100000000000;thread:1;$/);
  });

  test("the description lists the registers in the order of g", () => {
    const xml = /^l([\s\S]*)$/.exec(reply("qXfer:features:read:target.xml:0,fffff") ?? "")![1]!;
    const bits = [...xml.matchAll(/<reg name="(\w+)" bitsize="(\d+)"/g)].map((match) => Number(match[2]));
    expect(bits.length).toBe(target.registers.length);
    expect(reply("g")).toHaveLength(bits.reduce((sum, size) => sum + size / 4, 0));
    expect(reply("qXfer:features:read:target.xml:5,3")).toBe(`m${xml.slice(5, 8)}`);
    expect(reply("qXfer:features:read:other.xml:0,10")).toBe("E00");
    expect(reply("qXfer:features:write:target.xml:0:x")).toBe("");
  });
});

describe("registers", () => {
  test("by number, with those of GDB's own descriptions first", () => {
    expect(reply("p0")).toBe("02b0ad2b00000000");
    expect(reply("p10")).toBe("7713100000000000");
    expect(reply("p12")).toBe("08000000");
    expect(reply("pffff")).toBe("E01");
    expect(reply("px")).toBe("E01");
  });

  test("are written one by one and all at once; what cannot be written says so", () => {
    expect(reply("P3=8877665544332211")).toBe("OK");
    expect(reply("p3")).toBe("8877665544332211");
    expect(reply("P12=10000000")).toBe("E01");
    expect(reply("P12=08000000")).toBe("OK");
    expect(reply("P3=11")).toBe("E01");
    const all = reply("g")!;
    expect(reply(`G0100000000000000${all.slice(16)}`)).toBe("OK");
    expect(reply("p0")).toBe("0100000000000000");
    expect(reply("Gxyz")).toBe("E01");
  });
});

describe("memory", () => {
  test("is read as far as it is mapped", () => {
    expect(reply("m101377,4")).toMatch(/^[0-9a-f]{8}$/);
    expect(reply("m101377,0")).toBe("");
    expect(reply("m100000000,4")).toBe("E14");
    expect(reply("mfffffffe,4")).toHaveLength(4);
    expect(reply("mxyz,4")).toBe("E01");
    expect(reply("m1")).toBe("E01");
  });

  test("is written in hexadecimal and as it is", () => {
    expect(reply("M200000,4:deadbeef")).toBe("OK");
    expect(reply("m200000,4")).toBe("deadbeef");
    expect(reply("X200000,3:\u0000\u00ff}")).toBe("OK");
    expect(reply("m200000,4")).toBe("00ff7def");
    expect(reply("X200000,0:")).toBe("OK");
    expect(reply("M200000,4:de")).toBe("E01");
    expect(reply("Mf00000000,1:00")).toBe("E14");
    expect(reply("M200000,1")).toBe("E01");
  });
});

describe("execution", () => {
  test("breakpoints are told as such only to those who understand", () => {
    expect(breakInL2()).toMatch(/^T0506:/);
    reply("qSupported:swbreak+");
    expect(resumeBy("c")).toMatch(/^T05swbreak:;.*thread:1;$/);
    expect(reply(`z0,${L2_READS.toString(16)},1`)).toBe("OK");
    expect(resumeBy("c")).toBe("W00");
    expect(session.handle("c")).toEqual({ reply: "W00", resume: { kind: "detach" } });
  });

  test("single steps", () => {
    breakInL2();
    expect(resumeBy("vCont;s:1;c")).toMatch(/^T05/);
    expect(reply("p10")).toBe("0225100000000000");
    expect(reply("p0")).toBe("01000000aaaaaaaa");
    expect(resumeBy("s")).toMatch(/^T05/);
    expect(text(reply("qThreadExtraInfo,1"))).toBe("vCPU 0 [L1]");
  });

  test("the level is shown, and L2's memory is its own", () => {
    breakInL2();
    expect(reply("qXfer:threads:read::0,1000")).toContain('<thread id="1" core="0" name="vCPU 0 [L2]"/>');
    expect(text(reply("qThreadExtraInfo,1"))).toBe("vCPU 0 [L2]");
    expect(reply("qThreadExtraInfo,7")).toBe("E01");
    expect(text(reply(`qRcmd,${hex("monitor")}`))).toMatch(/^no monitor command/);
    expect(text(reply(`qRcmd,${hex("level")}`))).toMatch(
      /^vCPU 0: L2, VMX non-root, VMCS 0x[0-9a-f]+\nstops at every level\n$/,
    );
    expect(reply(`m${WINDOW.toString(16)},8`)).toBe("01000000aaaaaaaa");
  });

  test("stops can be restricted to a level", () => {
    expect(text(reply(`qRcmd,${hex("level 1")}`))).toBe("stops at L1 only\n");
    expect(breakInL2()).toBe("W00");
  });

  test.each([
    ["level L2", "stops at L2 only\n"],
    ["level any", "stops at every level\n"],
    ["level 0", 'no level is called "0": 1, 2 … or any\n'],
    ["help", /^level {9}level, mode/],
  ])("monitor %s", (command, expected) => {
    const answer = text(reply(`qRcmd,${hex(command)}`));
    if (typeof expected === "string") expect(answer).toBe(expected);
    else expect(answer).toMatch(expected);
  });

  test("watchpoints", () => {
    breakInL2();
    reply(`z0,${L2_READS.toString(16)},1`);
    expect(reply(`Z2,${(WINDOW + 8n).toString(16)},8`)).toBe("OK");
    expect(resumeBy("c")).toMatch(/^T05watch:40000008;/);
    expect(reply(`z2,${(WINDOW + 8n).toString(16)},8`)).toBe("OK");
    expect(reply(`Z4,${WINDOW.toString(16)},1`)).toBe("OK");
    expect(resumeBy("c")).toMatch(/^T05awatch:40000000;|^W/);
    expect(reply("Z5,0,1")).toBe("");
    expect(reply("Z0,zz,1")).toBe("E01");
  });

  test("a step somewhere else", () => {
    expect(resumeBy("s101400")).toMatch(/^T05/);
    expect(session.handle("cxyz").reply).toBe("E01");
    expect(session.handle("vCont;s:9").reply).toBe("E01");
    expect(session.handle("vCont;t").reply).toBe("E01");
  });

  test("a guest that ends badly can still be looked at; it cannot go on", () => {
    const image = Uint8Array.from([0xb8, 0x78, 0x56, 0x34, 0x12, 0x0f, 0x0b]);
    const quiet = { serial: () => {}, debug: () => {} };
    const boot = { protocol: "flat", entry: 0x7c00, mode: 32 } as const;
    target = createLab().debug({ name: "mov eax, 0x12345678; ud2", image }, "metal", { boot }, quiet).target;
    target.attach();
    session = new GdbSession(target, target.interrupt());
    expect(resumeBy("c")).toMatch(/^T06.*10:057c000000000000;.*thread:1;$/);
    expect(text(endMessage(target, session.stop)!.slice(1))).toBe(
      "hvdiff: the run has ended: triple-fault; registers and memory can still be looked at\n",
    );
    expect(reply("p0")).toBe("7856341200000000");
    expect(reply("m7c05,2")).toBe("0f0b");
    expect(session.handle("vCont;c")).toEqual({ reply: "X06", resume: { kind: "detach" } });
  });

  test("GDB leaves, or ends the guest", () => {
    expect(session.handle("D")).toEqual({ reply: "OK", resume: { kind: "detach" } });
    expect(session.handle("D;1")).toEqual({ reply: "OK", resume: { kind: "detach" } });
    expect(session.handle("k")).toEqual({ reply: null, resume: { kind: "kill" } });
    expect(session.handle("vKill;1")).toEqual({ reply: "OK", resume: { kind: "kill" } });
  });
});
